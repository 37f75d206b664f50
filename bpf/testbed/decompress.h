/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decompresses as the kernel's own loader would: with the kernel's decompressors, as far as they are exported to modules.
 * Those of lzma and bzip2 are not.
 */
#ifndef KEXEC_TESTBED_DECOMPRESS_H
#define KEXEC_TESTBED_DECOMPRESS_H

#include <linux/types.h>

/* Where the output goes: user memory with room for so many bytes, of which @size are written. */
struct sink {
	u8 __user *to;
	size_t room;
	size_t size;
};

/* Bytes of output that decompressors of streams make at a time. */
#define CHUNK	(64u << 10)

/* decompress.c */
int decompress(const u8 *from, size_t size, struct sink *sink);
int put_bytes(struct sink *sink, const u8 *bytes, size_t size);

/*
 * One for each compression, in files of their own. They read up to the end that the stream itself states: what stands behind
 * it is nobody's business. 0, or -EBADMSG for a stream that is damaged, -EOPNOTSUPP for one that kernels do not read, ...
 */
int inflate_gzip(const u8 *from, size_t size, struct sink *sink);
int decompress_xz(const u8 *from, size_t size, struct sink *sink);
int decompress_zstd(const u8 *from, size_t size, struct sink *sink);
int decompress_lz4(const u8 *from, size_t size, struct sink *sink);
int decompress_lzo(const u8 *from, size_t size, struct sink *sink);

#endif
