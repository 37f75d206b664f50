/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KEXEC_TESTBED_INFLATE_H
#define KEXEC_TESTBED_INFLATE_H

#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/types.h>

#if IS_BUILTIN(CONFIG_ZLIB_INFLATE)
int inflate_gzip(const u8 *from, size_t size, u8 __user *to, size_t *to_size);
#else
static inline int inflate_gzip(const u8 *from, size_t size, u8 __user *to, size_t *to_size)
{
	return -EOPNOTSUPP;
}
#endif

#endif
