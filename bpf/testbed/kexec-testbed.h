/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/kexec-testbed, shared by the module and the agent.
 *
 * write() sets the image, whole in one call. KEXEC_TESTBED_RUN shows it to whatever is attached to the
 * anchor. read() then gives one recorded call of bpf_buffer_parser() at a time: struct
 * kexec_testbed_call, then the bytes; 0 when there are no more.
 *
 * KEXEC_TESTBED_DECOMPRESS decompresses with the kernel's own decompressors, found by the stream's first bytes.
 */
#ifndef KEXEC_TESTBED_H
#define KEXEC_TESTBED_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The image's last byte is the last one of a vmalloc area: a read beyond it faults. */
#define KEXEC_TESTBED_AT_END		1
/* bpf_get_parser_context() knows no id. */
#define KEXEC_TESTBED_NO_CONTEXT	2
/* The context's pointer to the image is NULL. */
#define KEXEC_TESTBED_NO_IMAGE		4

struct kexec_testbed_run {
	/* in */
	__u32 flags;
	/* The call of bpf_buffer_parser() that gets -ENOMEM, from 1; 0: none. */
	__u32 refuse;
	/* out */
	/* Parser contexts that were not put. */
	__s32 references;
	/* Calls of bpf_buffer_parser(), and how many of them could not be recorded. */
	__u32 calls;
	__u32 faults;
	/* Bytes that the largest record needs in read(). */
	__u32 largest;
};

struct kexec_testbed_call {
	/* Bytes that follow. */
	__u32 size;
	/* What bpf_buffer_parser() returned. */
	__s32 answer;
};

struct kexec_testbed_decompress {
	/* A compressed stream, and room for what it unpacks to. */
	__u64 from;
	__u64 to;
	__u64 from_size;
	/* in: the room; out: the bytes that were written */
	__u64 to_size;
};

#define KEXEC_TESTBED_RUN		_IOWR('K', 0x7b, struct kexec_testbed_run)
#define KEXEC_TESTBED_DECOMPRESS	_IOWR('K', 0x7c, struct kexec_testbed_decompress)

#endif
