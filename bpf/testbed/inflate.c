// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decompresses gzip as the kernel's own loader would: with the kernel's zlib. The header and the trailer
 * (RFC 1952) are not zlib's business there.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/zlib.h>

#include "inflate.h"

#define HEADER_SIZE	10
#define TRAILER_SIZE	8
#define FLAG_NAME	8

/* Where the compressed data begins; 0 where this is no gzip stream, or one with members that no kernel has. */
static size_t header_size(const u8 *from, size_t size)
{
	size_t at = HEADER_SIZE;

	if (size < HEADER_SIZE + TRAILER_SIZE || from[0] != 0x1f || from[1] != 0x8b || from[2] != Z_DEFLATED ||
	    from[3] & ~FLAG_NAME)
		return 0;
	if (from[3] & FLAG_NAME) {
		at += strnlen(from + at, size - at) + 1;
		if (at + TRAILER_SIZE > size)
			return 0;
	}
	return at;
}

/* What the trailer says of the size, modulo 2^32. */
static u32 trailer_size(const u8 *from, size_t size)
{
	__le32 said;

	memcpy(&said, from + size - sizeof(said), sizeof(said));
	return le32_to_cpu(said);
}

/* Gives vmalloc memory with *to_size bytes, or an error. */
u8 *inflate_gzip(const u8 *from, size_t size, size_t limit, size_t *to_size)
{
	size_t start = header_size(from, size);
	struct z_stream_s stream = {};
	u8 *to;
	int ret;

	if (!start)
		return ERR_PTR(-EOPNOTSUPP);
	*to_size = trailer_size(from, size);
	if (!*to_size || *to_size > limit)
		return ERR_PTR(-EFBIG);
	to = vmalloc(*to_size);
	stream.workspace = vmalloc(zlib_inflate_workspacesize());
	ret = to && stream.workspace ? 0 : -ENOMEM;
	if (!ret) {
		stream.next_in = from + start;
		stream.avail_in = size - start;
		stream.next_out = to;
		stream.avail_out = *to_size;
		/* Negative: a raw stream. */
		ret = zlib_inflateInit2(&stream, -MAX_WBITS) == Z_OK ? 0 : -EINVAL;
	}
	if (!ret && (zlib_inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.avail_out))
		ret = -EBADMSG;
	vfree(stream.workspace);
	if (ret) {
		vfree(to);
		return ERR_PTR(ret);
	}
	return to;
}
