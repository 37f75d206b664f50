// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decompresses gzip as the kernel's own loader would: with the kernel's zlib, up to the end of the deflate
 * stream. The header (RFC 1952) is not zlib's business there; nobody looks at the trailer.
 */
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/zlib.h>

#include "inflate.h"

#define HEADER_SIZE	10
#define FLAG_NAME	8
#define CHUNK		SZ_64K

/* Where the compressed data begins; 0 where this is no gzip stream, or one with members that no kernel has. */
static size_t header_size(const u8 *from, size_t size)
{
	size_t at = HEADER_SIZE;

	if (size <= at || from[0] != 0x1f || from[1] != 0x8b || from[2] != Z_DEFLATED || from[3] & ~FLAG_NAME)
		return 0;
	if (from[3] & FLAG_NAME)
		at += strnlen(from + at, size - at) + 1;
	return at < size ? at : 0;
}

static int inflate_chunks(struct z_stream_s *stream, u8 *chunk, u8 __user *to, size_t *to_size)
{
	size_t room = *to_size, size;
	int ret;

	*to_size = 0;
	do {
		stream->next_out = chunk;
		stream->avail_out = CHUNK;
		ret = zlib_inflate(stream, Z_NO_FLUSH);
		size = CHUNK - stream->avail_out;
		if (size > room - *to_size)
			return -EFBIG;
		if (copy_to_user(to + *to_size, chunk, size))
			return -EFAULT;
		*to_size += size;
	} while (ret == Z_OK && size);
	return ret == Z_STREAM_END ? 0 : -EBADMSG;
}

/* *to_size: the room, then the bytes that were written. */
int inflate_gzip(const u8 *from, size_t size, u8 __user *to, size_t *to_size)
{
	size_t start = header_size(from, size);
	struct z_stream_s stream = {
		.next_in = from + start,
		.avail_in = size - start,
	};
	u8 *chunk;
	int ret = -ENOMEM;

	if (!start)
		return -EOPNOTSUPP;
	chunk = vmalloc(CHUNK);
	stream.workspace = vmalloc(zlib_inflate_workspacesize());
	if (!chunk || !stream.workspace)
		goto out;
	/* Negative: a raw stream. */
	ret = zlib_inflateInit2(&stream, -MAX_WBITS) == Z_OK ? inflate_chunks(&stream, chunk, to, to_size) : -EINVAL;
out:
	vfree(stream.workspace);
	vfree(chunk);
	return ret;
}
