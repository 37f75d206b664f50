import { describe, it } from "vitest";
import { INSTRUCTION_CASES } from "./support/instruction-cases.ts";
import { expectRows } from "./support/instruction-rows.ts";
import { BOUNDARIES, IMMEDIATES } from "./support/instruction-values.ts";

/** R0 is the first value, too: a compare-exchange then finds what it compares with. */
const OPERANDS = BOUNDARIES.flatMap((a) =>
  BOUNDARIES.flatMap((b) => [
    { a, b, c: 1n },
    { a, b, c: a },
  ]),
);

describe.each(["interpreter", "wasm"] as const)("every pair of boundary values, %s:", (executor) => {
  it.each(INSTRUCTION_CASES)("$title", (one) => {
    for (const imm of one.usesImm ? IMMEDIATES : [0]) expectRows(executor, one, OPERANDS, imm);
  });
});
