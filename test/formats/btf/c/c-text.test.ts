import { expect, it, describe as suite } from "vitest";
import { describe } from "#formats/btf/c/c-text.ts";
import { BtfBuilder } from "../../../support/btf-builder.ts";
import { opened } from "../samples.ts";

/** The description of the type that `build` returns. */
function described(build: (b: BtfBuilder, int: number, char: number) => number): string {
  const builder = new BtfBuilder();
  const id = build(builder, builder.int("int", 4, 1), builder.int("char", 1, 1));
  return describe(opened(builder.build()), id);
}

suite("describe writes", () => {
  it("an array of pointers", () => {
    expect(described((b, int, char) => b.array(b.ptr(char), int, 16))).toBe("char *[16]");
  });

  it("a pointer to an array", () => {
    expect(described((b, int, char) => b.ptr(b.array(char, int, 16)))).toBe("char (*)[16]");
  });

  it("an array of arrays with the outer length first", () => {
    expect(described((b, int) => b.array(b.array(int, int, 3), int, 2))).toBe("int[2][3]");
  });

  it("a pointer to a struct, to a union, to an enum and to what is only declared", () => {
    expect(described((b) => b.ptr(b.struct("kexec_context", 0, [])))).toBe("struct kexec_context *");
    expect(described((b) => b.ptr(b.union("u", 0, [])))).toBe("union u *");
    expect(described((b) => b.ptr(b.enum("e", { A: 1 })))).toBe("enum e *");
    expect(described((b) => b.ptr(b.fwd("f", true)))).toBe("union f *");
  });

  it("types without a name", () => {
    expect(described((b) => b.struct("", 0, []))).toBe("struct {...}");
    expect(described((b) => b.enum("", { A: 1 }))).toBe("enum {...}");
    expect(described((b) => b.ptr(0))).toBe("void *");
  });

  it("qualifiers on the side of the pointer that they belong to", () => {
    expect(described((b, _, char) => b.ptr(b.const(char)))).toBe("const char *");
    expect(described((b, _, char) => b.const(b.ptr(char)))).toBe("char *const");
    expect(described((b, _, char) => b.restrict(b.ptr(b.const(b.volatile(char)))))).toBe(
      "const volatile char *restrict",
    );
    expect(described((b, int) => b.const(b.array(int, int, 2)))).toBe("const int[2]");
  });

  it("`restrict` only where there is a pointer", () => {
    expect(described((b, int) => b.restrict(int))).toBe("int");
    expect(described((b, int) => b.restrict(b.typedef("p", b.ptr(int))))).toBe("restrict p");
  });

  it("type tags, other attributes left out", () => {
    expect(described((b, _, char) => b.ptr(b.typeTag("user", char)))).toBe(
      'char __attribute__((btf_type_tag("user"))) *',
    );
    expect(described((b, _, char) => b.ptr(b.typeTag("noderef", char, true)))).toBe("char *");
    expect(described((b, _, char) => b.ptr(b.typeTag('x")))', char)))).toBe("char *");
  });

  it("a pointer to a function, and one that returns such a pointer", () => {
    const text = described((b, int, char) => b.ptr(b.proto(int, [["", b.ptr(char)]])));
    expect(text).toBe("int (*)(char *)");
    expect(described((b, int) => b.ptr(b.proto(b.ptr(b.proto(int, [])), [["a", int]])))).toBe(
      "int (*(*)(int a))(void)",
    );
  });

  it("a function with its name and those of its parameters", () => {
    const text = described((b, int, char) => {
      const context = b.struct("bpf_parser_context", 0, []);
      const proto = b.proto(int, [
        ["buf", b.ptr(char)],
        ["buf_sz", int],
        ["context", b.ptr(context)],
      ]);
      return b.func("bpf_buffer_parser", proto);
    });
    expect(text).toBe("int bpf_buffer_parser(char *buf, int buf_sz, struct bpf_parser_context *context)");
  });

  it("a function without parameters, and one with any number", () => {
    expect(described((b) => b.func("f", b.proto(0, [])))).toBe("void f(void)");
    const any: [string, number] = ["", 0];
    expect(described((b, int) => b.func("f", b.proto(0, [["n", int], any])))).toBe("void f(int n, ...)");
  });

  it("a variable, a section and a tag", () => {
    expect(described((b, int) => b.var("table", b.array(int, int, 4)))).toBe("int table[4]");
    expect(described((b) => b.datasec(".bss", 0, []))).toBe("section .bss");
    expect(described((b, int) => b.declTag("kfunc", int))).toBe("tag kfunc of int");
  });
});
