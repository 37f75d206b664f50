import { expect, it, describe as suite } from "vitest";
import { type CHeader, emitHeader } from "#formats/btf/c/c-header.ts";
import { BtfBuilder } from "../../../support/btf-builder.ts";
import { expectValue } from "../../../support/expect-value.ts";
import { opened } from "../samples.ts";

function header(builder: BtfBuilder, ...roots: string[]): CHeader {
  return expectValue(emitHeader(opened(builder.build()), roots));
}

/** What stands between the guards, each declaration a string. */
function declarations(builder: BtfBuilder, ...roots: string[]): string[] {
  const { text } = header(builder, ...roots);
  const from = text.indexOf("#endif\n\n") + 8;
  return text.slice(from, text.indexOf("#ifndef BPF_NO", from)).split("\n\n").slice(0, -1);
}

suite("emitHeader", () => {
  it("wraps the declarations as bpftool does", () => {
    expect(header(new BtfBuilder()).text).toBe(`#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`);
  });

  it("defines what a root holds and declares what it points to", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4, 1);
    const held = b.struct("held", 4, [{ name: "x", type: int, at: 0 }]);
    const pointed = b.struct("pointed", 4, [{ name: "x", type: int, at: 0 }]);
    b.struct("unused", 0, []);
    b.struct("root", 16, [
      { name: "held", type: held, at: 0 },
      { name: "pointed", type: b.ptr(pointed), at: 64 },
    ]);
    expect(declarations(b, "struct root")).toEqual([
      "struct held {\n\tint x;\n};",
      "struct pointed;",
      "struct root {\n\tstruct held held;\n\tstruct pointed *pointed;\n};",
    ]);
  });

  it("writes a list that points to itself without a declaration before it", () => {
    const b = new BtfBuilder();
    b.struct("list_head", 16, [
      { name: "next", type: 2, at: 0 },
      { name: "prev", type: 2, at: 64 },
    ]);
    b.ptr(1);
    const text = declarations(b, "struct list_head").at(-1);
    expect(text).toBe("struct list_head {\n\tstruct list_head *next;\n\tstruct list_head *prev;\n};");
  });

  it("writes typedefs in the order of their need", () => {
    const b = new BtfBuilder();
    const inner = b.typedef("__u32", b.int("unsigned int", 4));
    b.typedef("__wsum", inner);
    expect(declarations(b, "__wsum", "__u32")).toEqual([
      "typedef unsigned int __u32;",
      "typedef __u32 __wsum;",
    ]);
  });

  it("reports roots that the BTF does not define, a mere forward declaration included", () => {
    const b = new BtfBuilder();
    b.fwd("kexec_context");
    b.typedef("u8", b.int("unsigned char", 1));
    const roots = ["struct kexec_context", "u8", "enum nothing", "BPF_NOTHING", "what is this"];
    expect(header(b, ...roots).missing).toEqual([
      "struct kexec_context",
      "enum nothing",
      "BPF_NOTHING",
      "what is this",
    ]);
  });

  it("writes the enum, or the typedef of it, that has an enumerator", () => {
    const b = new BtfBuilder();
    b.enum("bpf_map_type", { BPF_MAP_TYPE_UNSPEC: 0 });
    b.enum("", { BPF_RB_NO_WAKEUP: 1 });
    b.typedef("mode", b.enum("", { FAST: 1 }));
    expect(declarations(b, "FAST", "BPF_RB_NO_WAKEUP", "BPF_MAP_TYPE_UNSPEC")).toEqual([
      "typedef enum {\n\tFAST = 1,\n} mode;",
      "enum {\n\tBPF_RB_NO_WAKEUP = 1,\n};",
      "enum bpf_map_type {\n\tBPF_MAP_TYPE_UNSPEC = 0,\n};",
    ]);
  });

  it("writes an enum once that is asked for by type and by enumerator", () => {
    const b = new BtfBuilder();
    b.enum("e", { A: 0, B: 1 });
    expect(declarations(b, "A", "B", "enum e")).toEqual(["enum e {\n\tA = 0,\n\tB = 1,\n};"]);
  });

  it("gives enums their sizes and wide values their suffix", () => {
    const b = new BtfBuilder();
    b.enum("byte", { A: 1 }, false, 1);
    b.enum("full_byte", { F: 255 }, false, 1);
    b.enum64("wide", { B: 0xffffffffffffffffn });
    b.enum64("narrow", { C: 1n });
    b.enum64("lowest", { D: -(2n ** 63n) }, true);
    expect(declarations(b, "enum byte", "enum full_byte", "enum wide", "enum narrow", "enum lowest")).toEqual(
      [
        "enum byte {\n\tA = 1,\n} __attribute__((mode(byte)));",
        "enum full_byte {\n\tF = 255,\n} __attribute__((packed));",
        "enum wide {\n\tB = 18446744073709551615ULL,\n};",
        "enum narrow {\n\tC = 1,\n} __attribute__((mode(word)));",
        "enum lowest {\n\tD = (-9223372036854775807LL - 1),\n};",
      ],
    );
  });

  it("tells types and enumerators of one name apart by a suffix", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4, 1);
    const first = b.struct("same", 4, [{ name: "x", type: int, at: 0 }]);
    const second = b.struct("same", 4, [{ name: "y", type: int, at: 0 }]);
    b.struct("root", 16, [
      { name: "a", type: first, at: 0 },
      { name: "b", type: second, at: 32 },
      { name: "c", type: b.enum("", { ON: 1 }), at: 64 },
      { name: "d", type: b.enum("", { ON: 1 }), at: 96 },
    ]);
    expect(declarations(b, "struct root")).toEqual([
      "struct same {\n\tint x;\n};",
      "struct same___2 {\n\tint y;\n};",
      "struct root {\n\tstruct same a;\n\tstruct same___2 b;\n\tenum {\n\t\tON = 1,\n\t} c;\n\tenum {\n\t\tON___2 = 1,\n\t} d;\n};",
    ]);
  });

  it("takes a forward declaration for the struct of its name", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4, 1);
    const forward = b.fwd("s");
    const struct = b.struct("s", 4, [{ name: "x", type: int, at: 0 }]);
    b.struct("root", 16, [
      { name: "p", type: b.ptr(forward), at: 0 },
      { name: "q", type: b.ptr(struct), at: 64 },
    ]);
    expect(declarations(b, "struct root")).toEqual([
      "struct s;",
      "struct root {\n\tstruct s *p;\n\tstruct s *q;\n};",
    ]);
  });

  it("fills gaps with unnamed bit-fields, and packs what natural alignment cannot place", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4, 1);
    const char = b.int("char", 1, 1);
    b.struct("gap", 64, [
      { name: "a", type: char, at: 0 },
      { name: "b", type: int, at: 128 },
    ]);
    b.struct("tight", 5, [
      { name: "a", type: char, at: 0 },
      { name: "b", type: int, at: 8 },
    ]);
    b.union("wide", 64, [{ name: "a", type: int, at: 0 }]);
    expect(declarations(b, "struct gap", "struct tight", "union wide")).toEqual([
      `struct gap {\n\tchar a;\n\tchar: 8;\n\tshort: 16;\n\tint: 32;\n\tlong: 64;\n\tint b;\n\tint: 32;\n${"\tlong: 64;\n".repeat(5)}};`,
      "struct tight {\n\tchar a;\n\tint b;\n} __attribute__((packed));",
      "union wide {\n\tint a;\n} __attribute__((aligned(64)));",
    ]);
  });

  it("does not redefine the compiler's own __builtin_va_list", () => {
    const b = new BtfBuilder();
    const tag = b.struct("__va_list_tag", 4, [{ name: "x", type: b.int("int", 4, 1), at: 0 }]);
    b.typedef("va_list", b.typedef("__builtin_va_list", b.array(tag, 2, 1)));
    expect(declarations(b, "va_list").slice(1)).toEqual([
      "typedef struct __va_list_tag __builtin_va_list___2[1];",
      "typedef __builtin_va_list___2 va_list;",
    ]);
  });

  it("replaces base types that C, or C for BPF, does not know by that name", () => {
    const b = new BtfBuilder();
    b.typedef("rust", b.int("u16", 2));
    b.typedef("long32", b.int("long int", 4, 1));
    b.typedef("normal", b.int("long unsigned int", 8));
    b.typedef("quad", b.float("__float128", 16));
    expect(declarations(b, "rust", "long32", "normal", "quad")).toEqual([
      "typedef unsigned short rust;",
      "typedef int long32;",
      "typedef long unsigned int normal;",
      "typedef long double quad;",
    ]);
  });
});
