import { expect } from "vitest";
import type { Machine } from "#bpf-vm/machine.ts";
import { REGION_LOW } from "#bpf-vm/memory/memory.ts";
import type { Region } from "#bpf-vm/memory/region.ts";
import type { Executor } from "#bpf-vm/run-program.ts";
import { exit, op, programOf, runWith } from "./assemble.ts";
import type { After, Given, InstructionCase } from "./instruction-cases.ts";

export type Operands = Omit<Given, "imm">;

/** 64 bits each: the place that R6 points to, then a, b, c, and what R8, R9 and R0 become. */
const ROW = 56;

/** Runs the case over all operands, by one program with a loop: a compiler's time is spent once. */
export function expectRows(
  executor: Executor,
  { lines, expected }: InstructionCase,
  operands: readonly Operands[],
  imm: number,
): void {
  const bytes = new Uint8Array(ROW * operands.length);
  const given = new DataView(bytes.buffer);
  for (const [i, { a, b, c }] of operands.entries()) {
    for (const [n, value] of [a, a, b, c].entries()) given.setBigUint64(ROW * i + 8 * n, value, true);
  }
  const loop = [
    ...[8, 9, 0].map((dst, i) => op("ldxdw", { dst, src: 6, offset: 8 + 8 * i })),
    ...lines(imm),
    ...[8, 9, 0].map((src, i) => op("stxdw", { dst: 6, src, offset: 32 + 8 * i })),
    op("add", { dst: 6, imm: ROW }),
    op("sub", { dst: 7, imm: 1 }),
  ];
  const program = programOf([
    op("mov", { dst: 6, src: 1 }),
    op("mov", { dst: 7, imm: operands.length }),
    ...loop,
    op("jne", { dst: 7, imm: 0, offset: -loop.length - 1 }),
    exit,
  ]);
  let region: Region | undefined;
  const prepare = ({ memory }: Machine) => {
    region = memory.add({ kind: "context", name: "rows", size: bytes.length, bytes, access: "read-write" });
    return { high: region.high, low: REGION_LOW };
  };
  const { fault } = runWith(executor, program, { prepare });
  expect(fault).toBeUndefined();
  const view = region?.view ?? given;
  for (const [i, row] of operands.entries()) {
    const after = (n: number) => view.getBigUint64(ROW * i + 32 + 8 * n, true);
    const found: After = [after(0), after(1), after(2)];
    const wanted = expected({ ...row, imm });
    // Matchers take longer than the runs.
    if (found.some((value, n) => value !== wanted[n])) expect({ ...row, imm, found }).toEqual({ wanted });
  }
}
