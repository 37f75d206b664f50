import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { amd64Kernel } from "../../support/real-inputs.ts";
import { judgedBy } from "../../support/tools.ts";
import { bpftoolVersion, dumped, written } from "./bpftool.ts";
import { randomTypes } from "./random-types.ts";

type Ints = { readonly int: number; readonly long: number; readonly char: number };

/** A rule each: the types that need it. */
const RULES: Readonly<Record<string, (b: BtfBuilder, ints: Ints) => void>> = {
  "a struct, a union and a typedef of each": (b, { int, long }) => {
    b.typedef(
      "s_t",
      b.struct("s", 16, [
        { name: "a", type: int, at: 0 },
        { name: "b", type: long, at: 64 },
      ]),
    );
    b.typedef(
      "u_t",
      b.union("u", 8, [
        { name: "a", type: int, at: 0 },
        { name: "b", type: long, at: 0 },
      ]),
    );
  },
  "what is held by value stands before its holder": (b, { int }) => {
    b.struct("holder", 4, [{ name: "inner", type: b.nextId + 1, at: 0 }]);
    b.struct("zinner", 4, [{ name: "a", type: int, at: 0 }]);
  },
  "what is only pointed to is declared, once": (b) => {
    const a = b.nextId;
    b.struct("a", 16, [
      { name: "b", type: a + 2, at: 0 },
      { name: "again", type: a + 2, at: 64 },
    ]);
    b.struct("b", 8, [{ name: "a", type: a + 3, at: 0 }]);
    b.ptr(a + 1);
    b.ptr(a);
  },
  "a list's own pointers need no declaration": (b) => {
    const a = b.nextId;
    b.struct("list", 16, [
      { name: "next", type: a + 1, at: 0 },
      { name: "all", type: a + 2, at: 64 },
    ]);
    b.ptr(a);
    b.array(a + 1, 1, 1);
  },
  "a typedef that leads back to itself": (b) => {
    const a = b.nextId;
    b.typedef("fn_t", a + 1);
    b.ptr(a + 2);
    b.proto(0, [["self", a + 3]]);
    b.ptr(a + 4);
    b.struct("holder", 8, [{ name: "fn", type: a, at: 0 }]);
  },
  "types of one name take turns": (b, { int, long }) => {
    for (const type of [int, long]) {
      b.struct("twin", 8, [{ name: "a", type, at: 0 }]);
      b.typedef("word", type);
      b.enum("", { SAME: type });
    }
    b.typedef("SAME", int);
    b.enum("twin", { OTHER: 1 });
  },
  "what is only declared takes no turn": (b, { int }) => {
    const fwd = b.fwd("late");
    b.struct("early", 8, [{ name: "a", type: b.ptr(fwd), at: 0 }]);
    b.struct("late", 4, [{ name: "a", type: int, at: 0 }]);
    b.fwd("nowhere", true);
    b.enum("empty", {});
    b.enum("empty", { FULL: 1 });
  },
  "types without a name stand where they are used": (b, { int }) => {
    const anonymous = b.struct("", 8, [
      { name: "x", type: int, at: 0 },
      { name: "y", type: int, at: 32 },
    ]);
    const choice = b.union("", 8, [
      { name: "", type: anonymous, at: 0 },
      { name: "z", type: int, at: 0 },
    ]);
    const kind = b.enum("", { ONE: 1 });
    b.struct("s", 24, [
      { name: "", type: choice, at: 0 },
      { name: "k", type: kind, at: 64 },
      { name: "p", type: b.ptr(anonymous), at: 128 },
    ]);
  },
  "bit-fields and the gaps between them": (b, { int, long, char }) => {
    b.struct("bits", 24, [
      { name: "a", type: int, at: 0, width: 3 },
      { name: "b", type: int, at: 5, width: 4 },
      { name: "c", type: int, at: 32, width: 32 },
      { name: "d", type: long, at: 70, width: 50 },
      { name: "e", type: char, at: 184 },
    ]);
  },
  "gaps that alignment does not make": (b, { int, char }) => {
    b.struct("gaps", 64, [
      { name: "a", type: char, at: 0 },
      { name: "b", type: int, at: 96 },
      { name: "c", type: char, at: 200 },
    ]);
    b.struct("end", 24, [{ name: "a", type: int, at: 0 }]);
    b.struct("empty", 0, []);
    b.struct("hollow", 40, []);
  },
  "packed structs": (b, { int, char }) => {
    const packed = b.struct("packed", 5, [
      { name: "a", type: char, at: 0 },
      { name: "b", type: int, at: 8 },
    ]);
    b.struct("odd", 6, [
      { name: "a", type: int, at: 0 },
      { name: "b", type: char, at: 32 },
      { name: "c", type: char, at: 40 },
    ]);
    b.struct("around", 6, [
      { name: "a", type: char, at: 0 },
      { name: "p", type: packed, at: 8 },
    ]);
  },
  "pointers, arrays, functions and qualifiers": (b, { int, char }) => {
    const text = b.ptr(b.const(char));
    const fn = b.ptr(
      b.proto(int, [
        ["name", text],
        ["", 0],
      ]),
    );
    const table = b.array(b.array(fn, int, 3), int, 2);
    b.struct("s", 200, [
      { name: "text", type: b.const(text), at: 0 },
      { name: "fn", type: fn, at: 64 },
      { name: "table", type: table, at: 128 },
      { name: "row", type: b.ptr(b.const(b.array(int, int, 4))), at: 512 },
      { name: "none", type: b.ptr(b.proto(0, [])), at: 576 },
      { name: "v", type: b.volatile(b.const(int)), at: 640 },
      { name: "r", type: b.restrict(b.ptr(b.ptr(0))), at: 704 },
      { name: "back", type: b.ptr(b.proto(fn, [["f", fn]])), at: 768 },
      { name: "noreturn", type: b.ptr(b.volatile(b.proto(0, [["", int]]))), at: 832 },
      { name: "tail", type: b.array(char, int, 0), at: 896 },
    ]);
  },
  "enums of all sizes": (b) => {
    b.enum("small", { S: 1 }, false, 1);
    b.enum("signed", { MINUS: -1, PLUS: 1 }, true);
    b.enum("unsigned", { MANY: 0xffffffff });
    b.enum("wide", { W: 1 }, false, 8);
    b.enum64("huge", { H: 1n << 40n });
    b.enum64("deep", { D: -1n }, true);
    b.enum64("spacious", { P: 5n });
    b.enum("", { FREE: 1 });
  },
  "tags of types": (b, { int }) => {
    b.struct("s", 16, [
      { name: "user", type: b.ptr(b.typeTag("user", int)), at: 0 },
      { name: "own", type: b.ptr(b.typeTag("address_space(1)", b.const(int), true)), at: 64 },
    ]);
  },
  "what compilers have of their own": (b) => {
    b.typedef("__builtin_va_list", b.ptr(0));
    b.typedef("__gnuc_va_list", 0);
    for (const name of ["__Poly8_t", "__Poly16_t", "__Poly64_t", "__Poly128_t"])
      b.typedef("p", b.int(name, 1));
    b.typedef("real", b.float("double", 8));
  },
  "kfuncs, by their tags": (b, { int }) => {
    const proto = b.proto(int, [["a", b.ptr(b.struct("task", 0, []))]]);
    const [late, early] = [b.func("z_kfunc", proto, 0), b.func("a_kfunc", proto, 0)];
    b.func("no_kfunc", proto, 0);
    for (const func of [late, early]) b.declTag("bpf_kfunc", func);
    b.declTag("bpf_fastcall", early);
  },
  "the order of sorting bpftools": (b, { int, long }) => {
    const anonymous = b.struct("", 4, [{ name: "a", type: int, at: 0 }]);
    b.typedef("z_t", anonymous);
    b.typedef("a_t", anonymous);
    b.struct("m", 4, [{ name: "second", type: int, at: 0 }]);
    b.struct("m", 8, [{ name: "first", type: long, at: 0 }]);
    b.enum("", { EARLY: 0 });
    b.enum("", { EARLY: 0, MORE: 1 });
    b.enum("e", { AND: 1 });
    b.typedef("unknown", b.fwd("elsewhere"));
    b.ptr(b.typedef("b_unknown", b.fwd("elsewhere")));
    b.proto(0, [["a", b.ptr(b.fwd("argument"))]]);
    b.var("v", b.struct("", 8, [{ name: "p", type: b.ptr(b.fwd("variable")), at: 0 }]));
  },
  "the first in order is passed over, but for what is made of it": (b) => {
    b.ptr(b.enum("only", { A: 1 }));
  },
  "tabs at any depth": (b, { int }) => {
    let inner = b.struct("", 4, [{ name: "i", type: int, at: 0 }]);
    for (let depth = 0; depth < 20; depth++) inner = b.struct("", 4, [{ name: "", type: inner, at: 0 }]);
    b.struct("deep", 4, [{ name: "", type: inner, at: 0 }]);
  },
};

function typesFor(rule: (b: BtfBuilder, ints: Ints) => void): Uint8Array {
  const b = new BtfBuilder();
  rule(b, { int: b.int("int", 4, 1), long: b.int("long int", 8, 1), char: b.int("char", 1, 1) });
  return b.build();
}

judgedBy(["bpftool"], "what the installed bpftool prints, to the byte", () => {
  let version = "";
  beforeAll(() => {
    version = bpftoolVersion();
  });

  it.each(Object.entries(RULES))("%s", (_, rule) => {
    const btf = typesFor(rule);
    expect(written(btf, version)).toBe(dumped(btf));
  });

  it("random types", () => {
    for (let seed = 1; seed <= 25; seed++) {
      const btf = randomTypes(seed);
      expect({ seed, text: written(btf, version) }).toEqual({ seed, text: dumped(btf) });
    }
  });

  it("a real kernel's", () => {
    const elf = expectValue(decodeElf(readFileSync(amd64Kernel().vmlinux)));
    const btf = elf.section(".BTF")?.data ?? new Uint8Array();
    // The texts are too long for a message.
    expect(written(btf, version) === dumped(btf)).toBe(true);
  });
});
