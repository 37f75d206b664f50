import { expect, test } from "vitest";
import { sourceOf } from "#bpf-vm/program.ts";

const line = (slot: number, number: number) => ({ offset: 8 * slot, file: "a.c", text: "", line: number });

test("an instruction belongs to the last line that begins at it or before it", () => {
  const program = { lines: [line(0, 5), line(4, 7), line(2, 6)] };
  expect([0, 1, 2, 3, 4, 9].map((slot) => sourceOf(program, slot)?.line)).toEqual([5, 5, 6, 6, 7, 7]);
});

test("an instruction that the compiler gives line 0 belongs to none", () => {
  const program = { lines: [line(0, 5), line(1, 0), line(2, 6)] };
  expect([0, 1, 2].map((slot) => sourceOf(program, slot)?.line)).toEqual([5, undefined, 6]);
});
