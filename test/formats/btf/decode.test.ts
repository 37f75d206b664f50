import { expect, it, describe as suite } from "vitest";
import { decodeBtf } from "#formats/btf/decode.ts";
import type { BtfType } from "#formats/btf/types.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { everyKind, opened } from "./samples.ts";

suite("decodeBtf", () => {
  for (const littleEndian of [true, false]) {
    const order = littleEndian ? "little-endian" : "big-endian";

    it(`reads every kind of ${order} BTF`, () => {
      const { builder, expected } = everyKind(littleEndian);
      const btf = opened(builder.build());
      expect(btf.littleEndian).toBe(littleEndian);
      expect(btf.typeCount).toBe(expected.length + 1);
      expect(expected.map((_, index): BtfType => btf.type(index + 1))).toEqual(expected);
    });

    it(`reads ${order} BTF at an odd address`, () => {
      const { builder, expected } = everyKind(littleEndian);
      const bytes = builder.build();
      const shifted = new Uint8Array(bytes.length + 1);
      shifted.set(bytes, 1);
      const btf = opened(shifted.subarray(1));
      expect(expected.map((_, index): BtfType => btf.type(index + 1))).toEqual(expected);
    });
  }

  it("has void as type 0, and no type beyond the last", () => {
    const btf = opened(everyKind(true).builder.build());
    expect(btf.type(0)).toEqual({ kind: "void", id: 0, name: "" });
    expect(btf.kind(0)).toBe("void");
    expect(() => btf.type(btf.typeCount)).toThrow(RangeError);
    expect(() => btf.kind(-1)).toThrow(RangeError);
    expect([...btf.ids()]).toHaveLength(btf.typeCount - 1);
  });

  it("opens BTF without any type", () => {
    expect(opened(new BtfBuilder().build()).typeCount).toBe(1);
  });

  it("takes a string's tail as a name of its own", () => {
    const builder = new BtfBuilder();
    const offset = builder.string("__u8");
    builder.record(offset + 2, 8, 0, false, 0);
    const btf = opened(builder.build());
    expect(btf.name(1)).toBe("u8");
    expect(btf.find("u8")).toBe(1);
    expect(btf.find("__u8")).toBeUndefined();
  });

  it("finds all types of a name, in the order of their ids and of the wanted kinds only", () => {
    const builder = new BtfBuilder();
    const int = builder.int("int", 4);
    const struct = builder.struct("same", 4, [{ name: "a", type: int, at: 0 }]);
    const typedef = builder.typedef("same", struct);
    const second = builder.struct("same", 0, []);
    const btf = opened(builder.build());
    expect(btf.findAll("same")).toEqual([struct, typedef, second]);
    expect(btf.findAll("same", ["struct"])).toEqual([struct, second]);
    expect(btf.find("same", ["typedef"])).toBe(typedef);
    expect(btf.find("sam")).toBeUndefined();
    expect(btf.find("\u{1f600}")).toBeUndefined();
  });

  it("continues the ids and the strings of a base", () => {
    const base = new BtfBuilder();
    const int = base.int("int", 4);
    const module = new BtfBuilder({ base });
    const own = module.typedef("own", int);
    const shared = module.struct("int", 4, [{ name: "own", type: own, at: 0 }]);
    const baseBtf = opened(base.build());
    const btf = opened(module.build(), { base: baseBtf });
    expect(own).toBe(2);
    expect(btf.firstId).toBe(2);
    expect(btf.type(int)).toEqual(baseBtf.type(int));
    expect(btf.type(own)).toEqual({ kind: "typedef", id: own, name: "own", type: int });
    expect(btf.findAll("int")).toEqual([int, shared]);
    expect(btf.find("own")).toBe(own);
    expect(baseBtf.find("own")).toBeUndefined();
  });

  it("opens split BTF that has no string of its own", () => {
    const base = new BtfBuilder();
    const int = base.int("int", 4);
    const module = new BtfBuilder({ base });
    const pointer = module.ptr(int);
    const btf = opened(module.build(), { base: opened(base.build()) });
    expect(btf.type(pointer)).toEqual({ kind: "ptr", id: pointer, name: "", type: int });
  });

  it("reads split BTF over split BTF", () => {
    const base = new BtfBuilder();
    const int = base.int("int", 4);
    const middle = new BtfBuilder({ base });
    const typedef = middle.typedef("middle", int);
    const top = new BtfBuilder({ base: middle });
    const last = top.typedef("top", typedef);
    const middleBtf = opened(middle.build(), { base: opened(base.build()) });
    const btf = opened(top.build(), { base: middleBtf });
    expect([int, typedef, last].map((id) => btf.name(id))).toEqual(["int", "middle", "top"]);
    expect(btf.find("middle")).toBe(typedef);
  });

  it("takes a longer header whose further bytes are zero", () => {
    const { builder, expected } = everyKind(true);
    for (const headerLength of [28, 32, 40]) {
      expect(opened(builder.build({ headerLength })).typeCount).toBe(expected.length + 1);
    }
  });

  it("passes over a newer kind that the layout section sizes", () => {
    const builder = new BtfBuilder();
    const newer = builder.record(0, 20, 2, false, 4, 7, 8, 9);
    const int = builder.int("int", 4);
    const layout = Array.from({ length: 21 }, (_, kind): [number, number] => (kind === 20 ? [4, 4] : [0, 0]));
    const btf = opened(builder.build({ layout }));
    expect(btf.type(newer)).toEqual({ kind: "unknown", id: newer, name: "", code: 20 });
    expect(btf.name(int)).toBe("int");
  });

  it("counts failures' offsets from the start of the outer file", () => {
    const bytes = new BtfBuilder().build({ version: 2 });
    const result = decodeBtf(bytes, { offset: 0x1000 });
    expect(result).toMatchObject({ ok: false, failure: { section: "header", offset: 0x1002 } });
  });
});
