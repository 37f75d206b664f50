import { describe, expect, it } from "vitest";
import { relocate } from "#bpf-vm/loader/core-relocation.ts";
import { Refusal } from "#bpf-vm/loader/failure.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import type { CoreKind } from "#formats/btf/ext-types.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { assemble, exit, type Line, load64, op } from "../support/assemble.ts";

function opened(builder: BtfBuilder): Btf {
  return expectValue(decodeBtf(builder.build()));
}

/** struct s { int first; unsigned a; char *p; unsigned grid[4]; unsigned bits: 3 } and an enum, as the program has them. */
function localTypes(): { readonly btf: Btf; readonly s: number; readonly e: number } {
  const b = new BtfBuilder();
  const int = b.int("int", 4, 1);
  const unsigned = b.int("unsigned int", 4);
  const pointer = b.ptr(b.int("char", 1));
  const s = b.struct("s___mine", 40, [
    { name: "first", type: int, at: 0, width: 0 },
    { name: "a", type: unsigned, at: 32, width: 0 },
    { name: "p", type: pointer, at: 64, width: 0 },
    { name: "grid", type: b.array(unsigned, unsigned, 4), at: 128, width: 0 },
    { name: "bits", type: unsigned, at: 256, width: 3 },
  ]);
  const e = b.enum("e", { ONE: 1, TWO: 2 });
  return { btf: opened(b), s, e };
}

/** The kernel's: other places, `a` in an anonymous union and wider, `first` wider and signed, no `gone`. */
function targetTypes(): Btf {
  const b = new BtfBuilder();
  const long = b.int("long", 8, 1);
  const wide = b.int("unsigned long", 8);
  const unsigned = b.int("unsigned int", 4);
  const union = b.union("", 8, [{ name: "a", type: wide, at: 0 }]);
  b.struct("s", 80, [
    { name: "", type: union, at: 64, width: 0 },
    { name: "p", type: b.ptr(0), at: 128, width: 0 },
    { name: "first", type: long, at: 192, width: 0 },
    { name: "grid", type: b.array(unsigned, unsigned, 3), at: 320, width: 0 },
    { name: "bits", type: unsigned, at: 517, width: 4 },
  ]);
  b.enum("e", { TWO: 22 });
  return opened(b);
}

const local = localTypes();
const target = targetTypes();

/** The instruction after one relocation, with its decoded neighbours left out. */
function relocated(line: Line, access: string, kind: CoreKind, type = local.s, types = target) {
  const [changed] = relocate(assemble([line, exit]), [{ offset: 0, type, access, kind }], {
    local: local.btf,
    target: types,
  });
  return changed;
}
const mov = (imm: number) => op("mov", { dst: 1, imm });
const POISON = { imm: 195896080, src: 0, dst: 0 };

describe("CO-RE relocation", () => {
  it("moves a load to the member's place, through anonymous members, and to its size", () => {
    const load = op("ldxw", { dst: 1, src: 2, offset: 4 });
    const [expected] = assemble([op("ldxdw", { dst: 1, src: 2, offset: 8 })]);
    expect(relocated(load, "0:1", "field-byte-offset")).toEqual(expected);
    expect(relocated(op("ldxdw", { dst: 1, src: 2, offset: 8 }), "0:2", "field-byte-offset")).toMatchObject({
      offset: 16,
    });
  });

  it("moves stores and elements of arrays", () => {
    expect(relocated(op("stxw", { dst: 1, src: 2, offset: 24 }), "0:3:2", "field-byte-offset")).toMatchObject(
      { offset: 48 },
    );
    expect(relocated(op("stw", { dst: 1, offset: 16, imm: 5 }), "0:3:0", "field-byte-offset")).toMatchObject({
      offset: 40,
      imm: 5,
    });
  });

  it("poisons a load whose value could change: signed, or not there, or beyond the array", () => {
    expect(relocated(op("ldxw", { dst: 1, src: 2, offset: 0 }), "0:0", "field-byte-offset")).toMatchObject(
      POISON,
    );
    expect(relocated(op("ldxw", { dst: 1, src: 2, offset: 28 }), "0:3:3", "field-byte-offset")).toMatchObject(
      POISON,
    );
    const empty = opened(new BtfBuilder());
    expect(relocated(mov(4), "0:1", "field-byte-offset", local.s, empty)).toMatchObject(POISON);
  });

  it("poisons both slots of a pair", () => {
    const changed = relocate(
      assemble([load64(1, 28n), exit]),
      [{ offset: 0, type: local.s, access: "0:3:3", kind: "field-byte-offset" }],
      {
        local: local.btf,
        target,
      },
    );
    expect(changed.map(({ index, imm, slots }) => [index, imm, slots])).toEqual([
      [0, POISON.imm, 1],
      [1, POISON.imm, 1],
      [2, 0, 1],
    ]);
  });

  it.each<[CoreKind, string, number, number]>([
    ["field-byte-offset", "0:2", 8, 16],
    ["field-byte-size", "0:1", 4, 8],
    ["field-exists", "0:1", 1, 1],
    ["field-exists", "0:3:3", 1, 0],
    ["field-signed", "0:0", 1, 1],
    ["field-signed", "0:1", 0, 0],
    ["field-byte-offset", "0:4", 32, 64],
    ["field-lshift-u64", "0:4", 61, 55],
    ["field-rshift-u64", "0:4", 61, 60],
    ["type-exists", "0", 1, 1],
    ["type-size", "0", 40, 80],
  ])("%s of %s turns %i into %i", (kind, access, before, after) => {
    expect(relocated(mov(before), access, kind)).toMatchObject({ imm: after });
  });

  it("finds enumerators by name", () => {
    expect(relocated(mov(2), "1", "enumval-value", local.e)).toMatchObject({ imm: 22 });
    expect(relocated(load64(1, 2n), "1", "enumval-value", local.e)).toMatchObject({ imm: 22, imm64: 22n });
    expect(relocated(mov(1), "0", "enumval-exists", local.e)).toMatchObject({ imm: 0 });
    expect(relocated(mov(1), "0", "enumval-value", local.e)).toMatchObject(POISON);
  });

  it("gives type ids: the program's own, and the kernel's", () => {
    expect(relocated(mov(77), "0", "type-id-local")).toMatchObject({ imm: local.s });
    expect(relocated(mov(77), "0", "type-id-target")).toMatchObject({ imm: target.find("s", ["struct"]) });
  });

  it.each<[string, Line, string, CoreKind]>([
    ["an instruction that does not hold the local value", mov(5), "0:1", "field-byte-offset"],
    ["an instruction that holds no value", op("add", { dst: 1, src: 2 }), "0:1", "field-byte-offset"],
    ["an access that fits no member", mov(0), "0:9", "field-byte-offset"],
    ["an access that is no list of numbers", mov(0), "0:x", "field-byte-offset"],
    ["a kind that the kernel does not know either", mov(0), "0", "type-matches"],
  ])("refuses %s", (_, line, access, kind) => {
    expect(() => relocated(line, access, kind)).toThrow(Refusal);
  });

  it("refuses types of one name that disagree, and takes ones that agree", () => {
    const build = (offsets: readonly number[]) => {
      const b = new BtfBuilder();
      const unsigned = b.int("unsigned int", 4);
      for (const at of offsets) b.struct("s", 40, [{ name: "a", type: unsigned, at }]);
      return opened(b);
    };
    expect(() => relocated(mov(4), "0:1", "field-byte-offset", local.s, build([64, 96]))).toThrow(/disagree/);
    expect(relocated(mov(4), "0:1", "field-byte-offset", local.s, build([64, 64]))).toMatchObject({ imm: 8 });
  });
});
