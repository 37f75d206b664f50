import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LAST_TEST } from "#bpf-vm/interpreter/conditions.ts";
import { Op } from "#bpf-vm/interpreter/operations.ts";

it("the switches' literals are the numbers of the operations that they are named after, each once", () => {
  const found = ["interpreter", "conditions", "arithmetic"].flatMap((file) =>
    [
      ...readFileSync(`src/bpf-vm/interpreter/${file}.ts`, "utf8").matchAll(/case (\d+): ?\s*\/\/ (\w+)/g),
    ].map(([, number, name]) => [name, Number(number)] as const),
  );
  expect(found.length).toBe(Object.keys(Op).length);
  expect(Object.fromEntries(found)).toEqual(Op);
});

it("conditional jumps are one run of numbers", () => {
  const numbers = Object.entries(Op)
    .filter(([name]) => /^(s?[gl][te]|eq|ne|set)(32|64)$/.test(name))
    .map(([, number]) => number);
  expect(numbers.length).toBe(22);
  expect(Math.min(...numbers)).toBe(Op.eq64);
  expect(Math.max(...numbers)).toBe(LAST_TEST);
  expect(LAST_TEST - Op.eq64).toBe(21);
});
