import { describe, expect, it } from "vitest";
import { FORMS, type Form } from "#isa/table.ts";
import type { Machine } from "#vm/machine.ts";
import { REGION_LOW } from "#vm/memory/memory.ts";
import type { Region } from "#vm/memory/region.ts";
import type { Executor } from "#vm/run-program.ts";
import { aluResult, atomicResult, byteOrderResult, jumps, moveResult } from "../interpreter/model.ts";
import { exit, type Line, op, programOf, runWith } from "../support/assemble.ts";

const VALUES = [
  0n,
  1n,
  2n,
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
  0x123456789abcdef0n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffff00000000n,
  0xffffffff80000000n,
  0xfffffffffffffffen,
  0xffffffffffffffffn,
];
const IMMEDIATES = [0, 1, -1, 2, 31, 32, 63, 64, 0x7fffffff, -0x80000000];
/** 64 bits each: a, b, and what becomes of a, of b, of R0. */
const ROW = 40;
const PAIRS = VALUES.flatMap((a) => VALUES.map((b) => [a, b] as const));

/** What one instruction does to each pair of values: to a in R8, to b in R9, to R0, which is 1 before it. */
type Row = { readonly a: bigint; readonly b: bigint; readonly after: readonly [bigint, bigint, bigint] };

function rows(executor: Executor, body: readonly Line[]): Row[] {
  const bytes = new Uint8Array(ROW * PAIRS.length);
  const given = new DataView(bytes.buffer);
  for (const [i, [a, b]] of PAIRS.entries()) {
    given.setBigUint64(ROW * i, a, true);
    given.setBigUint64(ROW * i + 8, b, true);
  }
  const loop = [
    op("ldxdw", { dst: 8, src: 6, offset: 0 }),
    op("ldxdw", { dst: 9, src: 6, offset: 8 }),
    op("mov", { dst: 0, imm: 1 }),
    ...body,
    ...[8, 9, 0].map((src, i) => op("stxdw", { dst: 6, src, offset: 16 + 8 * i })),
    op("add", { dst: 6, imm: ROW }),
    op("sub", { dst: 7, imm: 1 }),
  ];
  const again = op("jne", { dst: 7, imm: 0, offset: -loop.length - 1 });
  const lines = [
    op("mov", { dst: 6, src: 1 }),
    op("mov", { dst: 7, imm: PAIRS.length }),
    ...loop,
    again,
    exit,
  ];
  let region: Region | undefined;
  const prepare = ({ memory }: Machine) => {
    region = memory.add({ kind: "context", name: "rows", size: bytes.length, bytes, access: "read-write" });
    return { high: region.high, low: REGION_LOW };
  };
  const { fault } = runWith(executor, programOf(lines), { prepare });
  expect(fault).toBeUndefined();
  const view = region?.view ?? given;
  return PAIRS.map(([a, b], i) => {
    const after = (n: number) => view.getBigUint64(ROW * i + 16 + 8 * n, true);
    return { a, b, after: [after(0), after(1), after(2)] };
  });
}

function forms(...kinds: readonly Form["does"]["kind"][]): [string, Form, Executor][] {
  return FORMS.filter(({ does }) => kinds.includes(does.kind)).flatMap((form) =>
    (["interpreter", "wasm"] as const).map((executor): [string, Form, Executor] => [
      `${form.mnemonic}${"source" in form.does ? ` ${form.does.source}` : ""}, ${executor}`,
      form,
      executor,
    ]),
  );
}

/** The immediates to try: one where the instruction does not use it. */
const immediates = ({ does }: Form) => ("source" in does && does.source === "imm" ? IMMEDIATES : [0]);

describe("every pair of boundary values", () => {
  it.each(forms("alu", "move-signed", "byte-order"))("%s", (_, form, executor) => {
    const { does } = form;
    for (const imm of immediates(form)) {
      for (const { a, b, after } of rows(executor, [{ form, dst: 8, src: 9, imm }])) {
        const operand = "source" in does && does.source === "imm" ? BigInt(imm) : b;
        const expected =
          does.kind === "alu"
            ? aluResult(does.op, does.width, a, operand)
            : does.kind === "move-signed"
              ? moveResult(does.bits, does.width, b)
              : does.kind === "byte-order" && byteOrderResult(does, a);
        if (after[0] !== expected || after[1] !== b) expect({ a, b, imm, after }).toEqual({ expected });
      }
    }
  });

  it.each(forms("jump-if"))("%s", (_, form, executor) => {
    const { does } = form;
    if (does.kind !== "jump-if") return;
    for (const imm of immediates(form)) {
      const body = [{ form, dst: 8, src: 9, imm, offset: 1 }, op("mov", { dst: 0, imm: 0 })];
      for (const { a, b, after } of rows(executor, body)) {
        const expected = jumps(does.test, does.width, a, does.source === "imm" ? BigInt(imm) : b) ? 1n : 0n;
        if (after[2] !== expected) expect({ a, b, imm, after }).toEqual({ expected });
      }
    }
  });

  it.each(forms("load", "load-acquire"))("%s", (_, form, executor) => {
    const { does } = form;
    if (does.kind !== "load" && does.kind !== "load-acquire") return;
    const signed = does.kind === "load" && does.signed;
    const bits = 8 * does.bytes;
    // From the rows themselves, and by way of the stack.
    const direct = [{ form, dst: 0, src: 6, offset: 0 }];
    const stack = [op("stxdw", { dst: 10, src: 8, offset: -16 }), { form, dst: 0, src: 10, offset: -16 }];
    for (const body of [direct, stack]) {
      for (const { a, after } of rows(executor, body)) {
        const low = signed ? BigInt.asIntN(bits, a) : BigInt.asUintN(bits, a);
        if (after[2] !== BigInt.asUintN(64, low)) expect({ a, after }).toEqual({ low });
      }
    }
  });

  it.each(forms("store", "store-release"))("%s", (_, form, executor) => {
    const { does } = form;
    if (does.kind !== "store" && does.kind !== "store-release") return;
    const mask = (1n << BigInt(8 * does.bytes)) - 1n;
    const fromImm = does.kind === "store" && does.source === "imm";
    const direct = (imm: number) => [
      op("stxdw", { dst: 6, src: 8, offset: 16 }),
      { form, dst: 6, src: 9, imm, offset: 16 },
      op("ldxdw", { dst: 0, src: 6, offset: 16 }),
    ];
    const stack = (imm: number) => [
      op("stxdw", { dst: 10, src: 8, offset: -16 }),
      { form, dst: 10, src: 9, imm, offset: -16 },
      op("ldxdw", { dst: 0, src: 10, offset: -16 }),
    ];
    for (const imm of immediates(form)) {
      for (const body of [direct(imm), stack(imm)]) {
        for (const { a, b, after } of rows(executor, body)) {
          const value = fromImm ? BigInt.asUintN(64, BigInt(imm)) : b;
          const expected = (a & ~mask) | (value & mask);
          if (after[2] !== expected) expect({ a, b, imm, after }).toEqual({ expected });
        }
      }
    }
  });

  it.each(forms("atomic", "exchange", "compare-exchange"))("%s", (_, form, executor) => {
    const { does } = form;
    if (does.kind !== "atomic" && does.kind !== "exchange" && does.kind !== "compare-exchange") return;
    const bits = 8 * does.bytes;
    const mask = (1n << BigInt(bits)) - 1n;
    // Memory holds a, R9 b, R0 first 1 and then a; what memory holds afterwards lands in R8.
    const body = (before: readonly Line[]) => [
      op("stxdw", { dst: 10, src: 8, offset: -16 }),
      ...before,
      { form, dst: 10, src: 9, offset: -16 },
      op("ldxdw", { dst: 8, src: 10, offset: -16 }),
    ];
    for (const same of [false, true]) {
      const before = same ? [op("mov", { dst: 0, src: 8 })] : [];
      for (const { a, b, after } of rows(executor, body(before))) {
        const r0 = same ? a : 1n;
        const old = a & mask;
        const put = (value: bigint) => (a & ~mask) | (value & mask);
        const expected =
          does.kind === "atomic"
            ? [put(atomicResult(does.op, does.bytes, old, b)), does.fetch ? old : b, r0]
            : does.kind === "exchange"
              ? [put(b), old, r0]
              : [(r0 & mask) === old ? put(b) : a, b, old];
        if (after.some((value, i) => value !== expected[i])) expect({ a, b, after }).toEqual({ expected });
      }
    }
  });
});
