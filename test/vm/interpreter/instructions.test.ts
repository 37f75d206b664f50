import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FORMS, type Form } from "#isa/table.ts";
import { exit, type Line, load64, op, programOf, runWith } from "../support/assemble.ts";
import { aluResult, atomicResult, byteOrderResult, jumps, moveResult } from "./model.ts";

const BOUNDARIES = [
  0n,
  1n,
  2n,
  3n,
  7n,
  31n,
  32n,
  33n,
  63n,
  64n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xfffffffen,
  0xffffffffn,
  0x100000000n,
  0x1fffffffffffffn,
  0x20000000000000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffff00000000n,
  0xffffffff80000000n,
  0xfffffffffffffffen,
  0xffffffffffffffffn,
];
const u64 = fc.oneof(fc.constantFrom(...BOUNDARIES), fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }));
const s32 = fc.oneof(
  fc.constantFrom(0, 1, -1, 31, 32, 63, 64, 0x7fffffff, -0x80000000, -2),
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
);
const SETTINGS = { numRuns: 150 };

/** With the interpreter alone: test/vm/wasm has the same questions for both executors. */
const run = (lines: readonly Line[]) => runWith("interpreter", programOf(lines));

/** R0 after the lines; a fault fails the test. */
function result(...lines: readonly Line[]): bigint | undefined {
  const outcome = run([...lines, exit]);
  expect(outcome.fault).toBeUndefined();
  return outcome.result;
}

function forms(kind: Form["does"]["kind"]): [string, Form][] {
  return FORMS.filter(({ does }) => does.kind === kind).map((form) => [
    `${form.mnemonic}${"source" in form.does ? ` ${form.does.source}` : ""}`,
    form,
  ]);
}

describe("arithmetic gives what RFC 9669 says", () => {
  it.each(forms("alu"))("%s", (_, form) => {
    const { does } = form;
    if (does.kind !== "alu") return;
    fc.assert(
      fc.property(u64, u64, s32, (a, b, imm) => {
        const operand = does.source === "imm" ? BigInt(imm) : b;
        const line = { form, dst: 6, src: 7, imm };
        const found = result(load64(6, a), load64(7, b), line, op("mov", { dst: 0, src: 6 }));
        expect(found).toBe(aluResult(does.op, does.width, a, operand));
      }),
      SETTINGS,
    );
  });

  it.each(forms("move-signed"))("%s", (_, form) => {
    const { does } = form;
    if (does.kind !== "move-signed") return;
    fc.assert(
      fc.property(u64, (b) => {
        expect(result(load64(0, 5n), load64(7, b), { form, dst: 0, src: 7 })).toBe(
          moveResult(does.bits, does.width, b),
        );
      }),
      SETTINGS,
    );
  });

  it.each(forms("byte-order"))("%s", (_, form) => {
    const { does } = form;
    if (does.kind !== "byte-order") return;
    fc.assert(
      fc.property(u64, (a) => {
        expect(result(load64(0, a), { form, dst: 0 })).toBe(byteOrderResult(does, a));
      }),
      SETTINGS,
    );
  });

  it("works on one register as both operands", () => {
    for (const mnemonic of ["add", "sub", "mul", "div", "mod", "xor", "lsh", "rsh", "arsh"]) {
      const a = 0x8000000300000005n;
      const expected = aluResult(mnemonic as "add", 64, a, a);
      expect(result(load64(0, a), op(mnemonic, { dst: 0, src: 0 })), mnemonic).toBe(expected);
    }
  });
});

describe("a conditional jump is taken when its test holds", () => {
  it.each(forms("jump-if"))("%s", (_, form) => {
    const { does } = form;
    if (does.kind !== "jump-if") return;
    fc.assert(
      fc.property(u64, fc.oneof(u64, fc.constant(undefined)), s32, (a, other, imm) => {
        const b = other ?? a;
        const operand = does.source === "imm" ? BigInt(imm) : b;
        const lines = [load64(6, a), load64(7, b), op("mov", { dst: 0, imm: 1 })];
        const found = result(
          ...lines,
          { form, dst: 6, src: 7, imm, offset: 1 },
          op("mov", { dst: 0, imm: 0 }),
        );
        expect(found).toBe(jumps(does.test, does.width, a, operand) ? 1n : 0n);
      }),
      SETTINGS,
    );
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
});

describe("loads and stores", () => {
  const at = (offset: number) => ({ dst: 10, offset });

  it.each(forms("load"))("%s extends what it reads to 64 bits", (_, form) => {
    const { does } = form;
    if (does.kind !== "load") return;
    fc.assert(
      fc.property(u64, (a) => {
        const found = result(load64(1, a), op("stxdw", { ...at(-8), src: 1 }), {
          form,
          dst: 0,
          src: 10,
          offset: -8,
        });
        const bits = 8 * does.bytes;
        const expected = does.signed ? BigInt.asUintN(64, BigInt.asIntN(bits, a)) : BigInt.asUintN(bits, a);
        expect(found).toBe(expected);
      }),
      SETTINGS,
    );
  });

  it.each(forms("store"))("%s writes its bytes and no others", (_, form) => {
    const { does } = form;
    if (does.kind !== "store") return;
    fc.assert(
      fc.property(u64, u64, s32, (before, a, imm) => {
        const value = does.source === "imm" ? BigInt.asUintN(64, BigInt(imm)) : a;
        const low = (1n << BigInt(8 * does.bytes)) - 1n;
        const found = result(
          load64(1, before),
          load64(2, a),
          op("stxdw", { ...at(-8), src: 1 }),
          { form, ...at(-8), src: 2, imm },
          op("ldxdw", { dst: 0, src: 10, offset: -8 }),
        );
        expect(found).toBe((before & ~low) | (value & low));
      }),
      SETTINGS,
    );
  });

  it("load_acquire and store_release move the same bytes as a plain load and store", () => {
    const release = op("store_release_w", { dst: 10, src: 2, offset: -8 });
    const acquire = op("load_acquire_h", { dst: 0, src: 10, offset: -8 });
    const stored = [load64(2, 0x11223344aabbccddn), op("stdw", { ...at(-8), imm: 0 }), release];
    expect(result(...stored, acquire)).toBe(0xccddn);
    expect(result(...stored, op("ldxdw", { dst: 0, src: 10, offset: -8 }))).toBe(0xaabbccddn);
  });
});

describe("atomic operations", () => {
  /** Memory holds `memory`, R0 `r0`, R2 `src`; gives the memory and the register afterwards. */
  function after(form: Form, memory: bigint, src: bigint, r0: bigint): (bigint | undefined)[] {
    const lines = [
      load64(1, memory),
      op("stxdw", { dst: 10, src: 1, offset: -8 }),
      load64(0, r0),
      load64(2, src),
      { form, dst: 10, src: 2, offset: -8 },
    ];
    const read = op("ldxdw", { dst: 0, src: 10, offset: -8 });
    return [result(...lines, read), result(...lines, op("mov", { dst: 0, src: 2 })), result(...lines)];
  }

  it.each([...forms("atomic"), ...forms("exchange"), ...forms("compare-exchange")])("%s", (_, form) => {
    const { does } = form;
    if (does.kind !== "atomic" && does.kind !== "exchange" && does.kind !== "compare-exchange") return;
    fc.assert(
      fc.property(u64, u64, fc.oneof(u64, fc.constant(undefined)), (memory, src, other) => {
        const r0 = other ?? memory;
        const bits = 8 * does.bytes;
        const old = BigInt.asUintN(bits, memory);
        const mask = (1n << BigInt(bits)) - 1n;
        const put = (value: bigint) => (memory & ~mask) | BigInt.asUintN(bits, value);
        const [inMemory, inSource, inR0] = after(form, memory, src, r0);
        if (does.kind === "atomic") {
          expect(inMemory).toBe(put(atomicResult(does.op, does.bytes, old, src)));
          expect(inSource).toBe(does.fetch ? old : src);
          expect(inR0).toBe(r0);
        } else if (does.kind === "exchange") {
          expect([inMemory, inSource, inR0]).toEqual([put(src), old, r0]);
        } else {
          const same = BigInt.asUintN(bits, r0) === old;
          expect([inMemory, inSource, inR0]).toEqual([same ? put(src) : memory, src, old]);
        }
      }),
      SETTINGS,
    );
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
