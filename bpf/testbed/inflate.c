// SPDX-License-Identifier: GPL-2.0-only
/*
 * gzip, by the kernel's zlib. The header (RFC 1952) is not zlib's business there; nobody looks at the trailer.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/zlib.h>

#include "decompress.h"

#define HEADER_SIZE	10
#define FLAG_NAME	8

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

static int inflate_chunks(struct z_stream_s *stream, u8 *chunk, struct sink *sink)
{
	size_t size;
	int ret, err;

	do {
		stream->next_out = chunk;
		stream->avail_out = CHUNK;
		ret = zlib_inflate(stream, Z_NO_FLUSH);
		size = CHUNK - stream->avail_out;
		err = put_bytes(sink, chunk, size);
		if (err)
			return err;
	} while (ret == Z_OK && size);
	return ret == Z_STREAM_END ? 0 : -EBADMSG;
}

int inflate_gzip(const u8 *from, size_t size, struct sink *sink)
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
	ret = zlib_inflateInit2(&stream, -MAX_WBITS) == Z_OK ? inflate_chunks(&stream, chunk, sink) : -EINVAL;
out:
	vfree(stream.workspace);
	vfree(chunk);
	return ret;
}
