import { expect, it } from "vitest";
import { calculate } from "#bpf-vm/interpreter/arithmetic.ts";
import { holds } from "#bpf-vm/interpreter/conditions.ts";

// By itself: with mutants in them, the switches have another text.
it("the interpreter's operations are literals in these tests, too", () => {
  expect(holds.toString()).not.toContain("Op");
  expect(calculate.toString()).toMatch(/case \d+:/);
});
