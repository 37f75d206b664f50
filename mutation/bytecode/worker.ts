import { digest } from "../../src/files/digest.ts";
import { openInstalled } from "../../src/prove/solver/installed.ts";
import { openZ3 } from "../../src/prove/solver/z3.ts";
import { forgetTerms } from "../../src/prove/terms/term.ts";
import { judgeMutant, type Outcome } from "./judge.ts";
import { bytecodeMutants } from "./mutants.ts";
import { remembering } from "./remembering.ts";
import { originalOf, type Parser } from "./subject.ts";

/** Of one query, in milliseconds. */
const TIMEOUT = 60_000;

export type Question = {
  readonly parser: Parser;
  readonly mutants: readonly number[];
  /** An installed one; undefined: z3 as npm has it. */
  readonly solver: string | undefined;
};
export type Answer = { readonly mutant: number; readonly outcome: Outcome; readonly seconds: number };

/** Bytes of the largest image that is kept. */
const LARGEST_KEPT = 1 << 20;

/** Images of the corpus, and those that a solver had to make for one mutant's paths: most are those of the next one's, too. */
class KeptImages {
  readonly all: (() => Uint8Array)[];
  readonly #known: Set<string>;

  constructor(corpus: readonly (() => Uint8Array)[]) {
    this.all = [...corpus];
    this.#known = new Set(corpus.map((image) => digest(image())));
  }

  keep(image: Uint8Array): void {
    if (image.length > LARGEST_KEPT) return;
    const sha256 = digest(image);
    if (this.#known.has(sha256)) return;
    this.#known.add(sha256);
    this.all.push(() => image);
  }
}

/** Judges mutants, by their numbers, one after the other. */
async function work(
  { parser, mutants, solver: tool }: Question,
  say: (answer: Answer) => void,
): Promise<void> {
  const original = await originalOf(parser);
  const all = bytecodeMutants(original.program);
  const solver = await (tool === undefined ? openZ3(1, TIMEOUT) : openInstalled(tool, TIMEOUT, 1));
  if (!solver.ok) throw new Error(JSON.stringify(solver.failure));
  const remembered = remembering(solver.value);
  const images = new KeptImages(original.images);
  for (const number of mutants) {
    const mutant = all[number];
    if (mutant === undefined) throw new Error(`no mutant ${number}`);
    const started = performance.now();
    const subject = { ...original, images: [...images.all] };
    const outcome = await judgeMutant(subject, mutant, remembered, (image) => images.keep(image)).finally(
      forgetTerms,
    );
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
