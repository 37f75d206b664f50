/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types of the kexec image parser interface, in the revision that KEXEC_TESTBED_ABI names: what a
 * parser's CO-RE relocations are resolved against, through the BTF of the module.
 *
 * Written after docs/spec.md, "The kernel's side"; src/abi/revisions.ts has the same for the machine.
 */
#ifndef KEXEC_TESTBED_INTERFACE_H
#define KEXEC_TESTBED_INTERFACE_H

#include <linux/types.h>

#if KEXEC_TESTBED_ABI == 6

struct kexec_context {
	bool kdump;
	char *kernel;
	int kernel_sz;
	char *initrd;
	int initrd_sz;
	char *cmdline;
	int cmdline_sz;
};

struct cmd_hdr {
	u16 cmd;
	u16 subcmd;
	u32 payload_len;
} __packed;

static inline void show_image(struct kexec_context *context, char *image, size_t size)
{
	context->kernel = image;
	context->kernel_sz = size;
}

#elif KEXEC_TESTBED_ABI == 7

#define PARSING_BUFS 16

struct kexec_context {
	bool kdump;
	bool parsed;
	char *parsing_buf[PARSING_BUFS];
	unsigned long parsing_buf_sz[PARSING_BUFS];
	char *kernel;
	unsigned long kernel_sz;
	char *initrd;
	unsigned long initrd_sz;
	char *cmdline;
	unsigned long cmdline_sz;
};

struct cmd_hdr {
	u16 cmd;
	u8 subcmd;
	u8 pipeline_flag;
	u32 payload_len;
	u16 num_chunks;
} __packed;

static inline void show_image(struct kexec_context *context, char *image, size_t size)
{
	context->parsing_buf[0] = image;
	context->parsing_buf_sz[0] = size;
}

#else
#error "KEXEC_TESTBED_ABI is 6 or 7"
#endif

#endif
