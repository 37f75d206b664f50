import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FORMS } from "#isa/table.ts";
import { extent } from "../../support/extent.ts";
import { exit, type Line, load64, op, programOf, runWith } from "../support/assemble.ts";
import { INSTRUCTION_CASES } from "../support/instruction-cases.ts";
import { aluResult } from "../support/instruction-model.ts";
import { expectRows } from "../support/instruction-rows.ts";
import { BOUNDARIES, IMMEDIATES } from "../support/instruction-values.ts";

const u64 = fc.oneof(fc.constantFrom(...BOUNDARIES), fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }));
const s32 = fc.oneof(fc.constantFrom(...IMMEDIATES), fc.integer({ min: -0x80000000, max: 0x7fffffff }));

/** With the interpreter alone: ../instructions.test.ts has the same questions for both executors. */
const run = (lines: readonly Line[]) => runWith("interpreter", programOf(lines));

/** R0 after the lines; a fault fails the test. */
function result(...lines: readonly Line[]): bigint | undefined {
  const outcome = run([...lines, exit]);
  expect(outcome.fault).toBeUndefined();
  return outcome.result;
}

/** Now and then equal to a. */
const likeA = fc.option(u64, { nil: undefined });

describe("every instruction gives what RFC 9669 says", () => {
  it.each(INSTRUCTION_CASES)("$title", (one) => {
    fc.assert(
      fc.property(u64, likeA, likeA, s32, (a, b = a, c = a, imm) => {
        expectRows("interpreter", one, [{ a, b, c }], imm);
      }),
      { numRuns: extent(40, 150) },
    );
  });

  it("works on one register as both operands", () => {
    for (const mnemonic of ["add", "sub", "mul", "div", "mod", "xor", "lsh", "rsh", "arsh"]) {
      const a = 0x8000000300000005n;
      const expected = aluResult(mnemonic as "add", 64, a, a);
      expect(result(load64(0, a), op(mnemonic, { dst: 0, src: 0 })), mnemonic).toBe(expected);
    }
  });

  it("gotol jumps by its immediate, ja by its offset, backwards too", () => {
    expect(
      result(op("mov", { dst: 0, imm: 1 }), op("gotol", { imm: 1 }), op("mov", { dst: 0, imm: 2 })),
    ).toBe(1n);
    const loop = [
      op("mov", { dst: 0, imm: 0 }),
      op("add", { dst: 0, imm: 1 }),
      op("jlt", { dst: 0, imm: 5, offset: -2 }),
    ];
    expect(result(...loop)).toBe(5n);
    expect(
      result(
        op("ja", { offset: 2 }),
        op("mov", { dst: 0, imm: 7 }),
        op("ja", { offset: 1 }),
        op("ja", { offset: -3 }),
      ),
    ).toBe(7n);
  });

  it("load_acquire and store_release move the same bytes as a plain load and store", () => {
    const release = op("store_release_w", { dst: 10, src: 2, offset: -8 });
    const acquire = op("load_acquire_h", { dst: 0, src: 10, offset: -8 });
    const stored = [load64(2, 0x11223344aabbccddn), op("stdw", { dst: 10, offset: -8, imm: 0 }), release];
    expect(result(...stored, acquire)).toBe(0xccddn);
    expect(result(...stored, op("ldxdw", { dst: 0, src: 10, offset: -8 }))).toBe(0xaabbccddn);
  });
});

it("every form of the table is run here, or is one that no program may contain", () => {
  const here = [
    "alu",
    "move-signed",
    "byte-order",
    "jump-if",
    "jump",
    "load",
    "store",
    "load-acquire",
    "store-release",
  ];
  const updates = ["atomic", "exchange", "compare-exchange"];
  const elsewhere = ["call", "exit", "load-imm64", "may-goto"];
  const refused = ["packet-load", "address-space-cast", "call-register", "jump-register"];
  const kinds = [...new Set(FORMS.map(({ does }) => does.kind))].sort();
  expect(kinds).toEqual([...here, ...updates, ...elsewhere, ...refused].sort());
  for (const { does, ...form } of FORMS) {
    if (!refused.includes(does.kind)) continue;
    const { fault } = run([{ form: { ...form, does }, dst: 0, src: 0, imm: 0 }, exit]);
    expect(fault, form.mnemonic).toMatchObject({ reason: "unsupported", instruction: 0 });
  }
});
