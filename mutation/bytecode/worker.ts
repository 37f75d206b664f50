import { openZ3 } from "../../src/prove/solver/z3.ts";
import { forgetTerms } from "../../src/prove/terms/term.ts";
import { judgeMutant, type Outcome } from "./judge.ts";
import { bytecodeMutants } from "./mutants.ts";
import { remembering } from "./remembering.ts";
import { originalOf, type Parser } from "./subject.ts";

/** Of one query, in milliseconds. */
const TIMEOUT = 60_000;

export type Question = { readonly parser: Parser; readonly mutants: readonly number[] };
export type Answer = { readonly mutant: number; readonly outcome: Outcome; readonly seconds: number };

/** Judges mutants, by their numbers, one after the other. */
async function work({ parser, mutants }: Question, say: (answer: Answer) => void): Promise<void> {
  const original = await originalOf(parser);
  const all = bytecodeMutants(original.program);
  const solver = await openZ3(1, TIMEOUT);
  if (!solver.ok) throw new Error(JSON.stringify(solver.failure));
  const remembered = remembering(solver.value);
  for (const number of mutants) {
    const mutant = all[number];
    if (mutant === undefined) throw new Error(`no mutant ${number}`);
    const started = performance.now();
    const outcome = await judgeMutant(original, mutant, remembered).finally(forgetTerms);
    say({ mutant: number, outcome, seconds: (performance.now() - started) / 1000 });
  }
  solver.value.close();
  process.disconnect();
}

// Done, or the one who asked is gone.
process.on("disconnect", () => process.exit());
process.on("message", (question: Question) => {
  // A failure here is a bug, and ends the process.
  void work(question, (answer) => process.send?.(answer));
});
