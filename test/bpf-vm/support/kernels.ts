import type { Machine } from "#bpf-vm/machine.ts";
import { REGION_LOW } from "#bpf-vm/memory/memory.ts";
import { encodeProgram } from "#isa/instruction.ts";
import { exit, type Line, op, programOf } from "./assemble.ts";

/** Bytes that R1 points to; zero at first. */
export const KERNEL_MEMORY = 4096;

const mov = (dst: number, imm: number) => op("mov", { dst, imm });
const copy = (dst: number, src: number) => op("mov", { dst, src });
const jumpBack = (dst: number, lines: readonly Line[]) =>
  op("jne", { dst, imm: 0, offset: -lines.length - 1 });

/** Repeats lines while register `counter`, less one each time, is not 0. */
function repeat(counter: number, body: readonly Line[]): Line[] {
  const lines = [...body, op("sub", { dst: counter, imm: 1 })];
  return [...lines, jumpBack(counter, lines)];
}

const shiftAndMix = (mnemonic: string, count: number) => [
  copy(3, 0),
  op(mnemonic, { dst: 3, imm: count }),
  op("xor", { dst: 0, src: 3 }),
];

/** Small programs that only compute, by how often they repeat their loop over the memory (or 512 times nothing). */
export const KERNELS: readonly { readonly name: string; readonly lines: (turns: number) => Line[] }[] = [
  {
    name: "arithmetic",
    lines: (turns) => [
      mov(0, 1),
      mov(6, 512 * turns),
      ...repeat(6, [
        ...shiftAndMix("lsh", 13),
        ...shiftAndMix("rsh", 7),
        ...shiftAndMix("lsh", 17),
        op("add32", { dst: 4, src: 0 }),
      ]),
      exit,
    ],
  },
  {
    name: "branches",
    lines: (turns) => [
      mov(0, 0),
      mov(6, 512 * turns),
      ...repeat(6, [
        op("jset", { dst: 6, imm: 1, offset: 2 }),
        op("add", { dst: 0, imm: 3 }),
        op("ja", { offset: 4 }),
        op("jset", { dst: 6, imm: 2, offset: 2 }),
        op("xor", { dst: 0, imm: 0x55 }),
        op("ja", { offset: 1 }),
        op("add", { dst: 0, src: 6 }),
      ]),
      exit,
    ],
  },
  {
    name: "loads and stores",
    lines: (turns) => [
      mov(0, 1),
      mov(6, turns),
      ...repeat(6, [
        copy(3, 1),
        mov(5, KERNEL_MEMORY / 8),
        ...repeat(5, [
          op("ldxdw", { dst: 4, src: 3, offset: 0 }),
          op("add", { dst: 4, src: 0 }),
          op("stxdw", { dst: 3, src: 4, offset: 0 }),
          op("xor", { dst: 0, src: 4 }),
          op("add", { dst: 3, imm: 8 }),
        ]),
      ]),
      exit,
    ],
  },
  {
    name: "byte checksum",
    lines: (turns) => [
      mov(0, 1),
      mov(7, 0),
      mov(6, turns),
      ...repeat(6, [
        copy(3, 1),
        mov(5, KERNEL_MEMORY),
        ...repeat(5, [
          op("ldxb", { dst: 4, src: 3, offset: 0 }),
          op("add", { dst: 0, src: 4 }),
          op("add", { dst: 7, src: 0 }),
          op("add", { dst: 3, imm: 1 }),
        ]),
        op("mod", { dst: 0, imm: 65521 }),
        op("mod", { dst: 7, imm: 65521 }),
      ]),
      op("lsh", { dst: 7, imm: 16 }),
      op("or", { dst: 0, src: 7 }),
      exit,
    ],
  },
];

/** The kernel as a program, and as the file that other machines take. */
export function kernelProgram(lines: readonly Line[]) {
  const program = programOf(lines);
  return { program, file: encodeProgram(program.instructions) };
}

export function kernelMemory({ memory }: Machine) {
  const bytes = new Uint8Array(KERNEL_MEMORY);
  const region = memory.add({
    kind: "context",
    name: "memory",
    size: bytes.length,
    bytes,
    access: "read-write",
  });
  return { high: region.high, low: REGION_LOW };
}
