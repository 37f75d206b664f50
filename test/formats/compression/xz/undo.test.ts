import { describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { undoRiscv } from "#formats/compression/xz/branch-filter-riscv.ts";
import { type BranchFilter, undoArm64, undoDelta, undoX86 } from "#formats/compression/xz/branch-filters.ts";
import {
  undoArm,
  undoArmThumb,
  undoIa64,
  undoPowerPc,
  undoSparc,
} from "#formats/compression/xz/branch-filters-words.ts";
import { callsOf } from "../../../support/machine-code.ts";
import { RandomSource } from "../../../support/random-cases.ts";

/** Opcodes of x86 that take a target, tops of targets, and others, near each other. */
function x86(size: number): Uint8Array {
  const random = new RandomSource(size);
  const values = [0xe8, 0xe9, 0x00, 0xff, 0x00, 0xff, 0x7f, 0x12];
  return Uint8Array.from({ length: size }, () => values[random.below(values.length)] ?? 0);
}

/** Calls (BL) and addresses of pages (ADRP) of arm64, in and out of the range that is converted. */
function arm64(size: number): Uint8Array {
  const bytes = Uint8Array.from(callsOf("arm", size));
  for (let at = 0; at + 4 <= size; at += 4)
    bytes[at + 3] = [0x94, 0x97, 0x90, 0xb0, 0xf0, 0x14][(at >> 2) % 6] ?? 0;
  for (let at = 2; at + 2 <= size; at += 8) bytes[at] = (bytes[at] ?? 0) & ((at >> 3) % 2 ? 0x1f : 0xff);
  return bytes;
}

/** What comes of it is xz's (filters.test.ts): the beginning of the digest of all results. */
const UNDONE: readonly [string, BranchFilter, (size: number) => Uint8Array, string][] = [
  ["x86", undoX86, x86, "38c3198a25c5"],
  ["arm", undoArm, (size) => callsOf("arm", size), "ee50b1b87e90"],
  ["thumb", undoArmThumb, (size) => callsOf("thumb", size), "ea004bc61252"],
  ["arm64", undoArm64, arm64, "e513509fa7d4"],
  ["powerpc", undoPowerPc, (size) => callsOf("powerpc", size), "0fa27d1890e8"],
  ["sparc", undoSparc, (size) => callsOf("sparc", size), "734dba330e43"],
  ["ia64", undoIa64, (size) => callsOf("ia64", size), "deaac58711c8"],
  ["riscv", undoRiscv, (size) => callsOf("riscv", size), "204cc4009426"],
];

describe("a filter undone on many bytes, and on few of them, at several addresses, gives the same in each version:", () => {
  test.each(UNDONE)("%s", (_arch, undo, calls, expected) => {
    const lengths = [...Array.from({ length: 40 }, (_, i) => i), 3000];
    const results = [0, 4096, 0xffff_ff00].flatMap((start) =>
      lengths.map((length) => {
        const bytes = Uint8Array.from(calls(Math.max(length, 64)).subarray(0, length));
        undo(bytes, start);
        return Buffer.from(bytes).toString("hex");
      }),
    );
    expect(digest(results.join()).slice(0, 12)).toBe(expected);
  });
});

test("differences to the byte so far before are added up", () => {
  for (const distance of [1, 3, 256]) {
    const plain = Uint8Array.from({ length: 600 }, (_, i) => (i * i) & 0xff);
    const bytes = plain.map((byte, i) => byte - (plain[i - distance] ?? 0));
    undoDelta(bytes, distance);
    expect(bytes).toEqual(plain);
  }
});
