import { expect, it, describe as suite } from "vitest";
import { detectAbi } from "#abi/detect.ts";
import type { Revision } from "#abi/revisions.ts";
import { btfOf, CLANGS, compile } from "../formats/btf/clang.ts";

/** The interface in C, as a kernel has it; clang says how it is laid out and writes the BTF. */
function kernelSource({
  context,
  header,
  buffer = "char *buf, int buf_sz",
}: Record<"context" | "header", string> & { buffer?: string }): string {
  return `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef _Bool bool;
struct kexec_context { ${context} };
struct cmd_hdr { ${header} } __attribute__((packed));
struct bpf_parser_context { struct cmd_hdr last; };
void kexec_image_parser_anchor(struct kexec_context *context, unsigned long parser_id) { context->kdump = parser_id; }
struct bpf_parser_context *bpf_get_parser_context(unsigned long id) { return (struct bpf_parser_context *)id; }
void bpf_put_parser_context(struct bpf_parser_context *context) { context->last.cmd = 0; }
int bpf_buffer_parser(${buffer}, struct bpf_parser_context *context) { return context->last.payload_len; }
`;
}

const V6 = {
  context:
    "bool kdump; char *kernel; int kernel_sz; char *initrd; int initrd_sz; char *cmdline; int cmdline_sz;",
  header: "u16 cmd; u16 subcmd; u32 payload_len;",
};

const V7 = {
  context: `bool kdump; bool parsed; enum sig_mode { NONE, PE } sig_mode;
    char *parsing_buf[16]; unsigned long parsing_buf_sz[16]; char *next_parsing_buf[16];
    unsigned long next_parsing_buf_sz[16]; char *kernel; unsigned long kernel_sz;
    struct { char *initrd; unsigned long initrd_sz; }; char *cmdline; unsigned long cmdline_sz;`,
  header: "u16 cmd; u8 subcmd; u8 pipeline_flag; u32 payload_len; u16 num_chunks;",
};

suite.skipIf(CLANGS.length === 0)(
  "the interface that a compiler laid out (skipped where no clang is in PATH)",
  () => {
    for (const clang of CLANGS) {
      const detected = (source: string, wanted: Revision | "auto" = "auto"): unknown => {
        const result = detectAbi(btfOf(compile(clang, { "main.c": source })), wanted);
        return result.ok ? result.value : result.failure;
      };

      it(`is detected by ${clang}'s BTF as v6, with either type of sizes`, () => {
        const target = { revision: "v6", source: "target", missing: [] };
        expect(detected(kernelSource(V6))).toEqual(target);
        const wide = { ...V6, context: V6.context.replaceAll("int ", "unsigned long ") };
        expect(detected(kernelSource(wide))).toEqual(target);
      });

      it(`is detected by ${clang}'s BTF as v7, with all its members`, () =>
        expect(detected(kernelSource(V7))).toEqual({ revision: "v7", source: "target", missing: [] }));

      it(`is refused by ${clang}'s BTF where a member, the packing or a parameter differs`, () => {
        expect(
          detected(kernelSource({ ...V7, header: V7.header.replace("u8 subcmd", "u16 subcmd") }), "v7"),
        ).toEqual({
          reason: "abi-mismatch",
          revision: "v7",
          differences: [
            "struct cmd_hdr member subcmd has 2 bytes at offset 2, not 1 at 2",
            "struct cmd_hdr member pipeline_flag has 1 bytes at offset 4, not 1 at 3",
            "struct cmd_hdr member payload_len has 4 bytes at offset 5, not 4 at 4",
            "struct cmd_hdr member num_chunks has 2 bytes at offset 9, not 2 at 8",
            "struct cmd_hdr has 11 bytes, not 10",
          ],
        });
        expect(detected(kernelSource(V7).replace("__attribute__((packed))", ""))).toMatchObject({
          differences: ["struct cmd_hdr has 12 bytes, not 10"],
        });
        expect(detected(kernelSource({ ...V7, buffer: "char *buf" }))).toMatchObject({
          differences: ["bpf_buffer_parser() has 2 parameters, not 3"],
        });
      });

      it(`is missing in ${clang}'s BTF of anything else`, () =>
        expect(detected("int main(void) { return 0; }")).toMatchObject({
          revision: "v7",
          source: "built-in",
        }));
    }
  },
);
