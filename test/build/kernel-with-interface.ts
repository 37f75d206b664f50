import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { newFolder, write } from "../support/kernel-tree.ts";

/** What libbpf's headers and any BPF program take from a kernel's types. bpftool's header has no enum that a variable alone is of. */
const COMMON = `
typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32; typedef unsigned long long __u64;
typedef signed char __s8; typedef short __s16; typedef int __s32; typedef long long __s64;
typedef __u16 __be16; typedef __u32 __be32; typedef __u32 __wsum; typedef _Bool bool;
enum bpf_map_type { BPF_MAP_TYPE_UNSPEC = 0, BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_RINGBUF = 27 };
struct list_head { struct list_head *next, *prev; };
enum truth { false = 0, true = 1 };
enum wakeup { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
struct types { enum bpf_map_type map; enum truth truth; enum wakeup wakeup; __u8 a; __u16 b; __u32 c; __u64 d; __s8 e; __s16 f; __s32 g; __s64 h; __be16 i; __be32 j; __wsum k; bool l; } types;
struct list_head list;
`;

const FUNCTIONS = `
struct bpf_parser_context { struct list_head node; };
struct bpf_parser_context *bpf_get_parser_context(unsigned long id) { return 0; }
void bpf_put_parser_context(struct bpf_parser_context *context) {}
int bpf_buffer_parser(char *buf, int buf_sz, struct bpf_parser_context *context) { return 0; }
void kexec_image_parser_anchor(struct kexec_context *context, unsigned long parser_id) {}
struct kexec_context the_context;
struct cmd_hdr the_header;
`;

/** The interface as the series' mails have it. */
export const INTERFACES = {
  v6: `
struct kexec_context { bool kdump; char *kernel; int kernel_sz; char *initrd; int initrd_sz; char *cmdline; int cmdline_sz; };
struct cmd_hdr { __u16 cmd; __u16 subcmd; __u32 payload_len; } __attribute__((packed));
`,
  v7: `
struct kexec_context {
	bool kdump; bool parsed; char *parsing_buf[16]; unsigned long parsing_buf_sz[16];
	char *kernel; unsigned long kernel_sz; char *initrd; unsigned long initrd_sz;
	char *cmdline; unsigned long cmdline_sz;
};
struct cmd_hdr { __u16 cmd; __u8 subcmd; __u8 pipeline_flag; __u32 payload_len; __u16 num_chunks; } __attribute__((packed));
`,
} as const;

/** Raw BTF, made by clang and objcopy, of a kernel with `structs`; without them, of a stock kernel. */
export function kernelBtf(clang: string, structs: string): string {
  const folder = newFolder("kernel");
  const source = write(join(folder, "kernel.c"), COMMON + structs + (structs === "" ? "" : FUNCTIONS));
  const object = join(folder, "kernel.o");
  const btf = join(folder, "vmlinux.btf");
  execFileSync(clang, ["-target", "bpf", "-g", "-O1", "-w", "-c", source, "-o", object]);
  execFileSync("objcopy", ["-I", "elf64-little", "--dump-section", `.BTF=${btf}`, object, "/dev/null"]);
  return btf;
}
