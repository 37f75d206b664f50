// SPDX-License-Identifier: GPL-2.0-only
/* Finds the decompressor by a stream's first bytes, as the kernel does (lib/decompress.c). */
#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "decompress.h"

/* A kernel that has one as a module, or not at all, can show images to parsers still. */
static const struct {
	u8 magic[2];
	int (*decompress)(const u8 *from, size_t size, struct sink *sink);
} methods[] = {
#if IS_BUILTIN(CONFIG_ZLIB_INFLATE)
	{ { 0x1f, 0x8b }, inflate_gzip },
#endif
#if IS_BUILTIN(CONFIG_XZ_DEC)
	{ { 0xfd, 0x37 }, decompress_xz },
#endif
#if IS_BUILTIN(CONFIG_ZSTD_DECOMPRESS)
	{ { 0x28, 0xb5 }, decompress_zstd },
#endif
#if IS_BUILTIN(CONFIG_LZ4_DECOMPRESS)
	{ { 0x02, 0x21 }, decompress_lz4 },
#endif
#if IS_BUILTIN(CONFIG_LZO_DECOMPRESS)
	{ { 0x89, 0x4c }, decompress_lzo },
#endif
};

int decompress(const u8 *from, size_t size, struct sink *sink)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (size > 2 && from[0] == methods[i].magic[0] && from[1] == methods[i].magic[1])
			return methods[i].decompress(from, size, sink);
	}
	return -EOPNOTSUPP;
}

int put_bytes(struct sink *sink, const u8 *bytes, size_t size)
{
	if (size > sink->room - sink->size)
		return -EFBIG;
	if (copy_to_user(sink->to + sink->size, bytes, size))
		return -EFAULT;
	sink->size += size;
	return 0;
}
