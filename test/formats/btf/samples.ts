import type { Btf } from "#formats/btf/btf.ts";
import { type BtfOptions, decodeBtf } from "#formats/btf/decode.ts";
import type { BtfType } from "#formats/btf/types.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";

/** The decoded BTF; a test that gives bad bytes here fails. */
export function opened(bytes: Uint8Array, options?: BtfOptions): Btf {
  return expectValue(decodeBtf(bytes, options));
}

/** One or more types of each kind, and what each must decode to. */
export function everyKind(littleEndian: boolean): {
  readonly builder: BtfBuilder;
  readonly expected: readonly BtfType[];
} {
  const b = new BtfBuilder({ littleEndian });
  const expected: BtfType[] = [];
  const add = (id: number, type: Record<string, unknown>): number => {
    expected.push({ name: "", ...type, id } as unknown as BtfType);
    return id;
  };
  const int = add(b.int("int", 4, 1), {
    kind: "int",
    name: "int",
    size: 4,
    encoding: "signed",
    bitOffset: 0,
    bits: 32,
  });
  add(b.int("char", 1, 2), { kind: "int", name: "char", size: 1, encoding: "char", bitOffset: 0, bits: 8 });
  add(b.int("_Bool", 1, 4), { kind: "int", name: "_Bool", size: 1, encoding: "bool", bitOffset: 0, bits: 8 });
  add(b.int("", 4, 0, 5, 3), { kind: "int", name: "", size: 4, encoding: "unsigned", bitOffset: 3, bits: 5 });
  const pointer = add(b.ptr(int), { kind: "ptr", type: int });
  add(b.array(pointer, int, 16), { kind: "array", type: pointer, indexType: int, length: 16 });
  const struct = b.struct("s", 8, [
    { name: "a", type: int, at: 0 },
    { name: "", type: int, at: 32, width: 7 },
  ]);
  const member = { name: "a", type: int, bitOffset: 0, bitSize: 0 };
  const field = { name: "", type: int, bitOffset: 32, bitSize: 7 };
  add(struct, { kind: "struct", name: "s", size: 8, members: [member, field] });
  add(b.union("u", 4, [{ name: "a", type: int, at: 0 }]), {
    kind: "union",
    name: "u",
    size: 4,
    members: [member],
  });
  const large = { name: "LARGE", value: 0xffffffff };
  add(b.enum("e", { LARGE: 0xffffffff }), {
    kind: "enum",
    name: "e",
    size: 4,
    signed: false,
    values: [large],
  });
  const minus = { name: "MINUS", value: -1 };
  add(b.enum("", { MINUS: -1 }, true, 1), { kind: "enum", size: 1, signed: true, values: [minus] });
  add(b.fwd("fs"), { kind: "fwd", name: "fs", of: "struct" });
  add(b.fwd("fu", true), { kind: "fwd", name: "fu", of: "union" });
  const typedef = add(b.typedef("t", struct), { kind: "typedef", name: "t", type: struct });
  add(b.volatile(typedef), { kind: "volatile", type: typedef });
  add(b.const(typedef), { kind: "const", type: typedef });
  add(b.restrict(pointer), { kind: "restrict", type: pointer });
  const parameters = [
    { name: "n", type: int },
    { name: "", type: pointer },
  ];
  const list: [string, number][] = parameters.map(({ name, type }) => [name, type]);
  const proto = add(b.proto(0, list), { kind: "func_proto", returns: 0, parameters, variadic: false });
  add(b.proto(int, [...list, ["", 0]]), { kind: "func_proto", returns: int, parameters, variadic: true });
  for (const [code, linkage] of ["static", "global", "extern"].entries()) {
    add(b.func("f", proto, code), { kind: "func", name: "f", type: proto, linkage });
  }
  const variable = add(b.var("v", int, 2), { kind: "var", name: "v", type: int, linkage: "extern" });
  const variables = [{ type: variable, offset: 8, size: 4 }];
  add(b.datasec(".data", 12, [[variable, 8, 4]]), { kind: "datasec", name: ".data", size: 12, variables });
  add(b.float("double", 8), { kind: "float", name: "double", size: 8 });
  add(b.declTag("d", struct), { kind: "decl_tag", name: "d", type: struct, component: -1, attribute: false });
  add(b.declTag("d", struct, 1), {
    kind: "decl_tag",
    name: "d",
    type: struct,
    component: 1,
    attribute: false,
  });
  add(b.typeTag("user", int), { kind: "type_tag", name: "user", type: int, attribute: false });
  add(b.typeTag("noderef", int, true), { kind: "type_tag", name: "noderef", type: int, attribute: true });
  const most = { name: "MOST", value: 0xfedcba9876543210n };
  add(b.enum64("w", { MOST: most.value }), {
    kind: "enum64",
    name: "w",
    size: 8,
    signed: false,
    values: [most],
  });
  const least = { name: "LEAST", value: -(2n ** 63n) };
  add(b.enum64("x", { LEAST: least.value }, true), {
    kind: "enum64",
    name: "x",
    size: 8,
    signed: true,
    values: [least],
  });
  return { builder: b, expected };
}
