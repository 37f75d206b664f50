/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KEXEC_TESTBED_INFLATE_H
#define KEXEC_TESTBED_INFLATE_H

#include <linux/types.h>

int inflate_gzip(const u8 *from, size_t size, u8 __user *to, size_t *to_size);

#endif
