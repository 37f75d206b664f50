/* SPDX-License-Identifier: GPL-2.0-only */
/* The series' loader and what comes after it: see loader.c, fdt.c and second-kernel.c. */
#ifndef AGENT_LOADER_H
#define AGENT_LOADER_H

#include "agent.h"

/* What parsers have sent so far. Each part is memory of its own. */
struct loaded {
	struct bytes kernel;
	struct bytes initrd;
	struct bytes cmdline;
	/* The image for the next layer's parser. */
	struct bytes next;
	bool done;
};

/* loader.c */
void carry_out_command(struct loaded *loaded, unsigned int revision, int testbed, struct bytes buffer);

/* fdt.c */
struct bytes fdt_with(struct bytes fdt, const char *cmdline, uint64_t initrd, uint64_t initrd_end);

/* second-kernel.c */
void boot_second_kernel(const struct loaded *loaded) __attribute__((noreturn));

#endif
