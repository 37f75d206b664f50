import { describe, expect, test } from "vitest";
import { check, randomCase, SPECIMENS, SUBJECTS } from "../support/random-cases.ts";

const SEED = 20261;
const CASES = 4000;

describe.each(SUBJECTS.map((subject) => ({ name: subject.name, subject })))("$name", ({ name, subject }) => {
  test("takes the good inputs of its own", () => {
    const own = SPECIMENS.filter(({ takenBy }) => takenBy.includes(name));
    for (const { bytes } of own) {
      expect(check(subject, bytes)).toEqual({ taken: true, problems: [] });
    }
    // Version 6 knows no envelope.
    expect(own.length > 0).toBe(name !== "parseEnvelope v6");
  });

  test(`neither throws on ${CASES} random and mutated inputs nor reaches out of them`, () => {
    let taken = 0;
    for (let index = 0; index < CASES; index++) {
      const checked = check(subject, randomCase(SEED, index));
      if (checked.problems.length > 0) {
        expect.fail(`case ${index} of seed ${SEED}: ${checked.problems.join("\n")}`);
      }
      if (checked.taken) taken++;
    }
    // What holds where nothing is taken, or nothing refused, would say little.
    if (name !== "parseEnvelope v6") expect(taken).toBeGreaterThan(20);
    expect(taken).toBeLessThan(CASES);
  });
});

test("a case is the same each time, and another for another number and seed", () => {
  const first = Buffer.from(randomCase(1, 0));
  expect(first.equals(randomCase(1, 0))).toBe(true);
  expect(first.equals(randomCase(1, 1)) || first.equals(randomCase(2, 0))).toBe(false);
});
