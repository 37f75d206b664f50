/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The helpers that the parsers call, for a libbpf that has not made its own bpf_helper_defs.h yet: a kernel tree needs Python for
 * that. Where there is one beside bpf_helpers.h, it is taken instead. Numbers: include/uapi/linux/bpf.h.
 */
static long (* const bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *) 6;
static long (* const bpf_probe_read_kernel)(void *dst, __u32 size, const void *unsafe_ptr) = (void *) 113;
static void *(* const bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *) 131;
static void (* const bpf_ringbuf_discard)(void *data, __u64 flags) = (void *) 133;
static long (* const bpf_loop)(__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags) = (void *) 181;
