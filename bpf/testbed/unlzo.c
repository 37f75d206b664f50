// SPDX-License-Identifier: GPL-2.0-only
/*
 * lzop's files, by the kernel's decoder of LZO1X blocks. All numbers are big-endian. Behind the header stand blocks: size,
 * compressed size (the same for a block that is stored), one checksum, which the kernel does not look at either, data; a size of 0
 * ends them.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
/* Without types of its own. */
#include <linux/lzo.h>

#include "decompress.h"

/* The header: flags stand behind the magic number, three versions, method and level. */
#define FLAGS_AT	17
#define FLAG_FILTER	0x800
/* Mode and both halves of the time, then the length of the file's name, the name, a checksum. */
#define NAME_AT		(FLAGS_AT + 4 + 12)
#define LARGEST_BLOCK	(256u << 10)
#define BLOCK_HEADER	12

static u32 read_be32(const u8 *at)
{
	return (u32)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

/* Where the first block stands; 0 where this is no such file. */
static size_t header_size(const u8 *from, size_t size)
{
	static const u8 magic[] = { 0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n' };

	if (size <= NAME_AT || memcmp(from, magic, sizeof(magic)) || read_be32(from + FLAGS_AT) & FLAG_FILTER)
		return 0;
	return NAME_AT + 1 + from[NAME_AT] + sizeof(u32);
}

static int lzo_blocks(const u8 *from, size_t size, size_t at, u8 *block, struct sink *sink)
{
	size_t length, wanted, packed;
	int err;

	for (; at <= size && size - at >= sizeof(u32); at += packed) {
		wanted = read_be32(from + at);
		if (!wanted)
			return 0;
		if (wanted > LARGEST_BLOCK || size - at < BLOCK_HEADER)
			return -EBADMSG;
		packed = read_be32(from + at + 4);
		at += BLOCK_HEADER;
		if (packed > wanted || packed > size - at)
			return -EBADMSG;
		length = wanted;
		if (packed < wanted && (lzo1x_decompress_safe(from + at, packed, block, &length) != LZO_E_OK ||
					length != wanted))
			return -EBADMSG;
		err = put_bytes(sink, packed < wanted ? block : from + at, wanted);
		if (err)
			return err;
	}
	return -EBADMSG;
}

int decompress_lzo(const u8 *from, size_t size, struct sink *sink)
{
	size_t start = header_size(from, size);
	u8 *block;
	int ret;

	if (!start)
		return -EOPNOTSUPP;
	block = vmalloc(LARGEST_BLOCK);
	ret = block ? lzo_blocks(from, size, start, block, sink) : -ENOMEM;
	vfree(block);
	return ret;
}
