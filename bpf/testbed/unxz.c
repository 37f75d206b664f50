// SPDX-License-Identifier: GPL-2.0-only
/* xz, by the kernel's own: with the branch filter of its architecture, and CRC32 as the only check. */
#include <linux/errno.h>
#include <linux/vmalloc.h>
#include <linux/xz.h>

#include "decompress.h"

/* What xz -9 takes; the dictionary is allocated when the stream has told its size. */
#define LARGEST_DICTIONARY	(64u << 20)

static int xz_chunks(struct xz_dec *decoder, struct xz_buf *buffer, struct sink *sink)
{
	enum xz_ret ret;
	int err;

	do {
		buffer->out_pos = 0;
		ret = xz_dec_run(decoder, buffer);
		err = put_bytes(sink, buffer->out, buffer->out_pos);
		if (err)
			return err;
	} while (ret == XZ_OK);
	switch (ret) {
	case XZ_STREAM_END:
		return 0;
	case XZ_MEM_ERROR:
	case XZ_MEMLIMIT_ERROR:
		return -ENOMEM;
	case XZ_OPTIONS_ERROR:
	case XZ_UNSUPPORTED_CHECK:
		return -EOPNOTSUPP;
	default:
		return -EBADMSG;
	}
}

int decompress_xz(const u8 *from, size_t size, struct sink *sink)
{
	struct xz_dec *decoder = xz_dec_init(XZ_DYNALLOC, LARGEST_DICTIONARY);
	struct xz_buf buffer = {
		.in = from,
		.in_size = size,
		.out = vmalloc(CHUNK),
		.out_size = CHUNK,
	};
	int ret = decoder && buffer.out ? xz_chunks(decoder, &buffer, sink) : -ENOMEM;

	vfree(buffer.out);
	xz_dec_end(decoder);
	return ret;
}
