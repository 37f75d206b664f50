import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ok } from "#core/result.ts";
import { decide, refute } from "#prove/solver/decide.ts";
import type { FreeAnswer, FreeQuery, Query } from "#prove/solver/query.ts";
import type { Solver } from "#prove/solver/solver.ts";
import { openZ3 } from "#prove/solver/z3.ts";
import { bits64, byteOf, zeroExtend } from "#prove/terms/bits.ts";
import { IMAGE } from "#prove/terms/names.ts";
import { type Bits, constant, forgetTerms, variable } from "#prove/terms/term.ts";
import { compare, equals, not } from "#prove/terms/truth.ts";
import { expectValue } from "../../support/expect-value.ts";

let z3: Solver;
beforeAll(async () => {
  z3 = expectValue(await openZ3(1, 900_000));
});
afterAll(() => {
  z3.close();
  forgetTerms();
});

const at = (name: string): Bits => variable(64, name);
const byte = (place: Bits): Bits => byteOf(IMAGE, place);
const is = (bits: Bits, value: number) => equals(bits, constant(bits.width, BigInt(value)));

/** Two bytes of one address that differ: possible, as long as nobody says that a memory has one byte at an address. */
const oneAddress: Query = [equals(at("a"), at("b")), is(byte(at("a")), 1), is(byte(at("b")), 2)];
const twoAddresses: Query = [is(byte(at("a")), 1), is(byte(at("b")), 2)];
/** Bytes at addresses that are bytes themselves: one lemma does not do. */
const nested: Query = [
  equals(at("a"), at("b")),
  is(byte(zeroExtend(byte(at("a")), 64)), 1),
  is(byte(zeroExtend(byte(at("b")), 64)), 2),
];

/** Says what it is told to, whatever it is asked; keeps what it was asked. */
function saying(...answers: readonly FreeAnswer[]): Solver & { readonly asked: (readonly FreeQuery[])[] } {
  const asked: (readonly FreeQuery[])[] = [];
  return {
    ...{ name: "parrot", version: "1", asked, close: () => undefined },
    check: async (queries) => {
      asked.push(queries);
      return ok(queries.map((_, index) => answers[index % answers.length] ?? { verdict: "unknown" }));
    },
  };
}

describe("decide", () => {
  it("tells the solver that a memory has one byte at an address, where an example has two", async () => {
    const { answers, final } = expectValue(await decide(z3, [oneAddress, twoAddresses, nested]));
    expect(answers.map(({ verdict }) => verdict)).toEqual(["unsat", "sat", "unsat"]);
    expect(final[0]?.length).toBeGreaterThan(oneAddress.length);
    const [, answer] = answers;
    if (answer?.verdict !== "sat") throw new Error("an example is expected");
    const [a, b] = ["a", "b"].map((name) => answer.model.variables.get(name));
    const memory = answer.model.bytes.get(IMAGE);
    expect([memory?.get(a ?? -1n), memory?.get(b ?? -1n)]).toEqual([1n, 2n]);
  });

  it("does not know what takes more rounds than it has", async () => {
    const { answers } = expectValue(await decide(z3, [oneAddress], undefined, 1));
    expect(answers).toEqual([{ verdict: "unknown" }]);
  });

  it.each(["unsat", "unknown"] as const)("believes a solver that says %s", async (verdict) => {
    const solver = saying({ verdict });
    expect(expectValue(await decide(solver, [oneAddress])).answers).toEqual([{ verdict }]);
    expect(solver.asked).toHaveLength(1);
  });

  it("does not know what a solver says nothing about", async () => {
    expect(expectValue(await decide(saying(), [oneAddress])).answers).toEqual([{ verdict: "unknown" }]);
  });
});

describe("refute", () => {
  const far = compare("ult", at("c"), bits64(5));

  it("leaves out premises that have nothing to do with the goal, and takes what is impossible without them", async () => {
    const solver = saying({ verdict: "unsat" });
    const { answers, final } = expectValue(await refute(solver, [[far, ...oneAddress]]));
    expect(answers).toEqual([{ verdict: "unsat" }]);
    expect(final[0]).not.toContain(far);
  });

  it("says that something is possible of all premises alone", async () => {
    const { answers, final } = expectValue(
      await refute(z3, [
        [far, ...twoAddresses],
        [far, ...oneAddress],
      ]),
    );
    expect(answers.map(({ verdict }) => verdict)).toEqual(["sat", "unsat"]);
    expect(final[0]).toContain(far);
    // Its contrary may be as far away: then it has to be looked at.
    const contrary = [not(far), ...twoAddresses.slice(1), far, ...twoAddresses.slice(0, 1)];
    expect(expectValue(await refute(z3, [contrary])).answers).toEqual([{ verdict: "unsat" }]);
  });
});
