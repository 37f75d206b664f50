// SPDX-License-Identifier: GPL-2.0-only
/* zstd: one frame, by the kernel's own decoder of streams. */
#include <linux/errno.h>
#include <linux/vmalloc.h>
#include <linux/zstd.h>

#include "decompress.h"

/* The largest that the kernel takes (lib/decompress_unzstd.c). */
#define LARGEST_WINDOW	(128u << 20)

static int zstd_chunks(zstd_dstream *stream, zstd_in_buffer *in, zstd_out_buffer *out, struct sink *sink)
{
	size_t before, left;
	int err;

	do {
		before = in->pos;
		out->pos = 0;
		left = zstd_decompress_stream(stream, out, in);
		if (zstd_is_error(left))
			return -EBADMSG;
		err = put_bytes(sink, out->dst, out->pos);
		if (err)
			return err;
		/* Input that ends within the frame leads nowhere. */
	} while (left && (out->pos || in->pos != before));
	return left ? -EBADMSG : 0;
}

int decompress_zstd(const u8 *from, size_t size, struct sink *sink)
{
	zstd_in_buffer in = { .src = from, .size = size };
	zstd_out_buffer out = { .size = CHUNK };
	zstd_frame_header header;
	zstd_dstream *stream;
	size_t workspace_size;
	void *workspace;
	int ret = -ENOMEM;

	if (zstd_get_frame_header(&header, from, size))
		return -EBADMSG;
	if (header.windowSize > LARGEST_WINDOW)
		return -EOPNOTSUPP;
	workspace_size = zstd_dstream_workspace_bound(header.windowSize);
	workspace = vmalloc(workspace_size);
	out.dst = vmalloc(CHUNK);
	if (workspace && out.dst) {
		stream = zstd_init_dstream(header.windowSize, workspace, workspace_size);
		ret = stream ? zstd_chunks(stream, &in, &out, sink) : -EINVAL;
	}
	vfree(out.dst);
	vfree(workspace);
	return ret;
}
