import { expect, it, describe as suite } from "vitest";
import { findMember, membersOf } from "#formats/btf/members.ts";
import { resolve, sizeOf } from "#formats/btf/resolve.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { opened } from "./samples.ts";

suite("findMember and membersOf", () => {
  const b = new BtfBuilder();
  const int = b.int("int", 4, 1);
  const char = b.int("char", 1, 1);
  const inner = b.struct("", 8, [
    { name: "x", type: int, at: 0 },
    { name: "y", type: char, at: 32 },
  ]);
  const either = b.union("", 8, [
    { name: "", type: inner, at: 0 },
    { name: "z", type: int, at: 0 },
  ]);
  const array = b.array(b.ptr(char), int, 16);
  const outer = b.struct("outer", 148, [
    { name: "first", type: int, at: 0, width: 0 },
    { name: "low", type: int, at: 32, width: 3 },
    { name: "high", type: int, at: 35, width: 10 },
    { name: "", type: either, at: 64, width: 0 },
    { name: "bufs", type: array, at: 128, width: 0 },
    { name: "end", type: char, at: 1152, width: 0 },
  ]);
  const alias = b.const(b.typedef("outer_t", outer));
  const btf = opened(b.build());

  it("give the offset and size of a plain member", () => {
    expect(findMember(btf, outer, "bufs")).toEqual({
      name: "bufs",
      type: array,
      offset: 16,
      size: 128,
      bitOffset: 128,
      bitSize: 0,
    });
  });

  it("give the bits of a bit-field", () => {
    expect(findMember(btf, outer, "high")).toEqual({
      name: "high",
      type: int,
      offset: 4,
      size: undefined,
      bitOffset: 35,
      bitSize: 10,
    });
  });

  it("look into anonymous structs and unions", () => {
    expect(findMember(btf, outer, "y")).toMatchObject({ offset: 12, size: 1 });
    expect(findMember(btf, outer, "z")).toMatchObject({ offset: 8, size: 4 });
  });

  it("look through typedefs and qualifiers", () => {
    expect(findMember(btf, alias, "first")).toMatchObject({ offset: 0, size: 4 });
  });

  it("find nothing under another name, no name, or in no struct", () => {
    expect(findMember(btf, outer, "nothing")).toBeUndefined();
    expect(findMember(btf, outer, "")).toBeUndefined();
    expect(findMember(btf, int, "x")).toBeUndefined();
    expect(findMember(btf, 0, "x")).toBeUndefined();
  });

  it("list all named members in their order", () => {
    const list = [...membersOf(btf, alias)].map(({ name, bitOffset }) => [name, bitOffset]);
    expect(list).toEqual([
      ["first", 0],
      ["low", 32],
      ["high", 35],
      ["x", 64],
      ["y", 96],
      ["z", 64],
      ["bufs", 128],
      ["end", 1152],
    ]);
  });

  it("understand the bit-fields of BTF older than kind_flag", () => {
    const old = new BtfBuilder();
    const field = old.int("unsigned int", 4, 0, 5, 3);
    const struct = old.struct("s", 8, [{ name: "f", type: old.typedef("t", field), at: 32 }]);
    expect(findMember(opened(old.build()), struct, "f")).toMatchObject({
      bitOffset: 35,
      bitSize: 5,
      offset: 4,
    });
  });
});

suite("resolve and sizeOf", () => {
  const b = new BtfBuilder();
  const int = b.int("int", 4, 1);
  const wrapped = b.typedef("t", b.const(b.volatile(b.typeTag("user", int))));
  const pointer = b.ptr(wrapped);
  const table = b.array(b.typedef("row", b.array(pointer, int, 3)), int, 5);
  const variable = b.var("v", table);
  const fwd = b.fwd("f");
  const proto = b.proto(0, []);
  const btf = opened(b.build());

  it("strip typedefs, qualifiers and tags", () => {
    expect(resolve(btf, wrapped)).toBe(int);
    expect(resolve(btf, pointer)).toBe(pointer);
    expect(resolve(btf, 0)).toBe(0);
  });

  it("multiply the lengths of arrays, with pointers of the target's size", () => {
    expect(sizeOf(btf, wrapped)).toBe(4);
    expect(sizeOf(btf, table)).toBe(120);
    expect(sizeOf(btf, variable)).toBe(120);
    expect(sizeOf(btf, table, 4)).toBe(60);
  });

  it("give no size to void, a forward declaration or a prototype", () => {
    expect([0, fwd, proto].map((id) => sizeOf(btf, id))).toEqual([undefined, undefined, undefined]);
  });
});
