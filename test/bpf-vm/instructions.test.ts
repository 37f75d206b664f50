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

/** Where the second operand is an immediate, R9 is only to stay as it is. */
const WITH_IMMEDIATE = BOUNDARIES.flatMap((a, index) => {
  const b = BOUNDARIES.at(7 - index) ?? 0n;
  return [
    { a, b, c: 1n },
    { a, b, c: a },
  ];
});

describe.each(["interpreter", "wasm"] as const)("every pair of boundary values, %s:", (executor) => {
  it.each(INSTRUCTION_CASES)("$title", (one) => {
    if (!one.usesImm) expectRows(executor, one, OPERANDS, 0);
    else for (const imm of IMMEDIATES) expectRows(executor, one, WITH_IMMEDIATE, imm);
  });
});
