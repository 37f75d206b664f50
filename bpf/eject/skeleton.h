/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KEXEC_SKELETON_H
#define KEXEC_SKELETON_H

#include "host.h"

/* The arrays of a light skeleton, without the NUL of a C string. */
struct skeleton {
	struct bytes opts_data;
	struct bytes opts_insn;
};

/* Ends the program where an array is missing, empty or cut, or the maps are not those of the kernel's own copy. */
struct skeleton read_skeleton(const char *path);

#endif
