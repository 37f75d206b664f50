// SPDX-License-Identifier: GPL-2.0-only
/*
 * For a kernel that has the parsers' interface itself: kexec_file_load() has it run an image's own parser, or those of a
 * container, and a program at the end of its bpf_buffer_parser() records what that is sent, and answers.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/kexec.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../testbed/kexec-testbed.h"
#include "agent.h"

/* The map's value. Records follow: struct kexec_testbed_call, the buffer, padding to 8 bytes. */
struct recording {
	uint64_t used;
	uint64_t calls;
	unsigned char records[];
};

static volatile struct recording *recording;

#define INSN(c, d, s, o, i) ((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (int32_t)(i) })
#define MOV(d, s)		INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)		INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADD(d, s)		INSN(BPF_ALU64 | BPF_ADD | BPF_X, d, s, 0, 0)
#define ADD_IMM(d, i)		INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define AND_IMM(d, i)		INSN(BPF_ALU64 | BPF_AND | BPF_K, d, 0, 0, i)
#define MOV32(d, s)		INSN(BPF_ALU | BPF_MOV | BPF_X, d, s, 0, 0)
#define LOAD(d, s, o)		INSN(BPF_LDX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE(d, o, s)		INSN(BPF_STX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE32(d, o, s)	INSN(BPF_STX | BPF_MEM | BPF_W, d, s, o, 0)
#define STORE32_IMM(d, o, i)	INSN(BPF_ST | BPF_MEM | BPF_W, d, 0, o, i)
#define ABOVE(d, i, o)		INSN(BPF_JMP | BPF_JGT | BPF_K, d, 0, o, i)
#define EQUAL(d, i, o)		INSN(BPF_JMP | BPF_JEQ | BPF_K, d, 0, o, i)
#define LESS(d, i, o)		INSN(BPF_JMP | BPF_JSLT | BPF_K, d, 0, o, i)
#define CALL(i)			INSN(BPF_JMP | BPF_CALL, 0, 0, 0, i)
#define EXIT()			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define MAP(d, fd)		INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

/* Room for buffers of @room bytes in all; a buffer that has none is missed, which the number of calls shows. */
static int load_program(int map, uint32_t room, uint32_t target)
{
	static char log[65536];
	struct bpf_insn insns[] = {
		MOV(6, 1),
		STORE32_IMM(10, -4, 0),
		MAP(1, map),
		MOV(2, 10),
		ADD_IMM(2, -4),
		CALL(BPF_FUNC_map_lookup_elem),
		EQUAL(0, 0, 24),
		MOV(7, 0),
		LOAD(1, 7, offsetof(struct recording, calls)),
		ADD_IMM(1, 1),
		STORE(7, offsetof(struct recording, calls), 1),
		LOAD(8, 7, offsetof(struct recording, used)),
		ABOVE(8, room, 18),
		/* The arguments: buf, buf_sz, context; behind them what was returned. */
		LOAD(9, 6, 8),
		MOV32(9, 9),
		ABOVE(9, room, 15),
		MOV(1, 7),
		ADD(1, 8),
		ADD_IMM(1, offsetof(struct recording, records)),
		STORE32(1, offsetof(struct kexec_testbed_call, size), 9),
		LOAD(2, 6, 24),
		STORE32(1, offsetof(struct kexec_testbed_call, answer), 2),
		ADD_IMM(1, sizeof(struct kexec_testbed_call)),
		MOV(2, 9),
		LOAD(3, 6, 0),
		CALL(BPF_FUNC_probe_read_kernel),
		LESS(0, 0, 4),
		ADD(8, 9),
		ADD_IMM(8, sizeof(struct kexec_testbed_call) + 7),
		AND_IMM(8, -8),
		STORE(7, offsetof(struct recording, used), 8),
		MOV_IMM(0, 0),
		EXIT(),
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_TRACING,
		.expected_attach_type = BPF_TRACE_FEXIT,
		.attach_btf_id = target,
		.insns = (uintptr_t)insns,
		.insn_cnt = sizeof(insns) / sizeof(insns[0]),
		.license = (uintptr_t)"GPL",
		.log_level = 1,
		.log_size = sizeof(log),
		.log_buf = (uintptr_t)log,
	};
	int program = bpf(BPF_PROG_LOAD, &load);

	if (program < 0)
		give_up("the recorder: %s", log);
	return program;
}

/* Records from here on. @target: of bpf_buffer_parser() in the kernel's BTF. */
void open_recorder(uint32_t target, uint32_t room)
{
	size_t size = sizeof(struct recording) + 2 * (size_t)room + 2 * sizeof(struct kexec_testbed_call);
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.map_name = "recording",
		.map_flags = BPF_F_MMAPABLE,
		.key_size = 4,
		.value_size = size,
		.max_entries = 1,
	};
	union bpf_attr open = {};
	int map = bpf(BPF_MAP_CREATE, &create);

	if (map < 0)
		give_up("a map for the recorder");
	recording = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (recording == MAP_FAILED)
		give_up("mapping what the recorder records");
	open.raw_tracepoint.prog_fd = load_program(map, room, target);
	if (bpf(BPF_RAW_TRACEPOINT_OPEN, &open) < 0)
		give_up("attaching the recorder");
}

/*
 * Has the kernel take an image apart and load what comes of it. v6: the parser is in the image, @container is negative. v7: the
 * container goes where a kernel goes, the image where an initrd goes (docs/spec.md, "How it is handed over"); there is no
 * command line but that in the image. Gives the errno of kexec_file_load(), or 0.
 */
int load_by_kernel(int container, int image)
{
	bool apart = container >= 0;
	unsigned long flags = apart ? 0 : KEXEC_FILE_NO_INITRAMFS;

	recording->used = 0;
	recording->calls = 0;
	return syscall(SYS_kexec_file_load, apart ? container : image, apart ? image : -1, 0ul, NULL, flags) ? errno : 0;
}

/* Lets go of what was loaded. */
void unload_by_kernel(void)
{
	syscall(SYS_kexec_file_load, -1, -1, 0ul, NULL, (unsigned long)KEXEC_FILE_UNLOAD);
}

/* Calls of bpf_buffer_parser() so far. */
unsigned int recorded_calls(void)
{
	return recording->calls;
}

/* The recorded call at @offset, from 0; gives the offset of the one behind it, 0 where there is none at @offset. */
size_t recorded_call(size_t offset, struct kexec_testbed_call *call, const unsigned char **bytes)
{
	const unsigned char *at = (const unsigned char *)recording->records + offset;

	if (offset >= recording->used)
		return 0;
	memcpy(call, at, sizeof(*call));
	*bytes = at + sizeof(*call);
	return (offset + sizeof(*call) + call->size + 7) & ~7ul;
}
