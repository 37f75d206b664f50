// SPDX-License-Identifier: GPL-2.0-only
/*
 * lz4's legacy frame (lz4 -l), by the kernel's decoder of blocks: a magic number, then blocks, each behind its compressed
 * size, all but the last of the same size uncompressed. Nothing states the end: it is that of the input.
 */
#include <linux/errno.h>
#include <linux/lz4.h>
#include <linux/vmalloc.h>

#include "decompress.h"

#define MAGIC		0x184c2102u
#define LARGEST_BLOCK	(8u << 20)

static u32 read_le32(const u8 *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (u32)at[3] << 24;
}

static int lz4_blocks(const u8 *from, size_t size, u8 *block, struct sink *sink)
{
	size_t at = sizeof(u32);
	u32 packed;
	int length, err;

	while (at < size) {
		if (size - at < sizeof(packed))
			return -EBADMSG;
		packed = read_le32(from + at);
		at += sizeof(packed);
		if (packed > size - at)
			return -EBADMSG;
		length = LZ4_decompress_safe(from + at, block, packed, LARGEST_BLOCK);
		if (length < 0)
			return -EBADMSG;
		err = put_bytes(sink, block, length);
		if (err)
			return err;
		at += packed;
	}
	return 0;
}

int decompress_lz4(const u8 *from, size_t size, struct sink *sink)
{
	u8 *block;
	int ret;

	if (size < sizeof(u32) || read_le32(from) != MAGIC)
		return -EOPNOTSUPP;
	block = vmalloc(LARGEST_BLOCK);
	ret = block ? lz4_blocks(from, size, block, sink) : -ENOMEM;
	vfree(block);
	return ret;
}
