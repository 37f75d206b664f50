import { expect, it } from "vitest";
import { saidOfEnd, saidOfFirst } from "#prove/induction/facts.ts";
import { anyTurn, type LoopHead, turnsBefore } from "#prove/induction/shape.ts";
import { startStates } from "#prove/machine/start.ts";
import { register, withRegister } from "#prove/machine/state.ts";
import { number } from "#prove/machine/value.ts";
import { bits64, minus, plus } from "#prove/terms/bits.ts";
import { FALSE, TRUE } from "#prove/terms/term.ts";
import { all, compare, equals } from "#prove/terms/truth.ts";
import { exit } from "../../bpf-vm/support/assemble.ts";
import { LAYOUT, parser } from "../programs.ts";

const FIRST = 5;

/** A loop whose turns do anything to R6, which is 5 before the first. */
function headOfLoop(): LoopHead {
  const [start] = startStates(parser([exit]), LAYOUT);
  if (start === undefined) throw new Error("a program without a start");
  const place = { kind: "register", index: 6 } as const;
  return {
    ...{ loop: "jumps 1", width: 32, first: withRegister(start, 6, number(bits64(FIRST))) },
    shape: { ranges: new Map(), places: new Map([["r6", { place, change: { kind: "anything" } }]]) },
  };
}

const head = headOfLoop();
const start = anyTurn(head);
const kept = register(start, 6);
const r6 = kept.kind === "number" ? kept.bits : bits64(0);

it("a fact is said of the values before the first turn, of which there were none", () => {
  expect(saidOfFirst(head, compare("ule", r6, bits64(FIRST)))).toBe(TRUE);
  expect(saidOfFirst(head, compare("ule", r6, bits64(FIRST - 1)))).toBe(FALSE);
  expect(saidOfFirst(head, equals(turnsBefore(head), bits64(0)))).toBe(TRUE);
});

it("and of those that a turn leaves, after which there was one more", () => {
  const end = withRegister(start, 6, number(plus(r6, bits64(2))));
  const fact = equals(minus(r6, turnsBefore(head)), bits64(7));
  const said = saidOfEnd(head, end, all(fact, compare("ule", r6, bits64(9))));
  const [one, other] = said.kind === "all" ? said.of : [];
  expect([one, other]).toContain(compare("ule", plus(r6, bits64(2)), bits64(9)));
  expect([one, other]).not.toContain(fact);
});

it("where a value may not be read, nothing is true of it", () => {
  const end = withRegister(start, 6, { kind: "unreadable" });
  expect(saidOfEnd(head, end, compare("ule", r6, bits64(9)))).toBe(FALSE);
});
