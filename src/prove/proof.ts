import type { PerPart } from "#abi/parts.ts";
import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import type { Gap, Obligation, ObligationKind } from "./machine/obligation.ts";
import type { PathState } from "./machine/state.ts";
import { type Paths, shortWaysThrough, type Theorem, waysThrough } from "./paths/paths.ts";
import { decide, refute } from "./solver/decide.ts";
import type { Answer, Query } from "./solver/query.ts";
import type { Solver } from "./solver/solver.ts";
import { not } from "./terms/truth.ts";
import { type Fit, type SparseImage, TriedImage, wholeImage } from "./witness/candidate.ts";
import { type Example, injectionOf, probeCalls, slotsOf } from "./witness/example.ts";
import { type Found, findExamples, type Wanted } from "./witness/examples.ts";
import { type Divergence, replay } from "./witness/replay.ts";

/** An obligation that was not shown. */
export type Open = {
  readonly obligation: Obligation;
  /** `refutable`: there are values that break it; `undecided`: the solver could not say. */
  readonly kind: "refutable" | "undecided";
  /** An image that may show it. */
  readonly example?: Example;
};

export type ObligationCount = {
  readonly kind: ObligationKind;
  /** Shown by simplification alone, and by the solver. */
  readonly calculated: number;
  readonly solved: number;
};

export type ProgramProof = {
  readonly obligations: readonly ObligationCount[];
  readonly open: readonly Open[];
  readonly gaps: readonly Gap[];
  /** Undefined where an obligation is open. */
  readonly paths: PathCounts | undefined;
  /** Paths on which the virtual machine went another way, each with its example: a bug of the prover or of the machine. */
  readonly divergences: readonly (Divergence & { readonly example: Example })[];
  /** Instructions that no path comes to. */
  readonly unreached: readonly number[];
  readonly queries: number;
  /** The largest parts that it is for, in bytes. */
  readonly limits: PerPart<number>;
};

export type PathCounts = {
  /** Shown to be possible by an image that the virtual machine takes down the same path. */
  readonly confirmed: number;
  /** Of them, those on which something is sent and nothing refused, and those on which nothing is sent. */
  readonly sending: number;
  readonly refusing: number;
  /** Shown to be impossible. */
  readonly impossible: number;
  /** Possible where the context says what the virtual machine's does not. */
  readonly elsewhere: number;
  /** Possible or not: no image was found. */
  readonly undecided: number;
};

/** What queries are for: an obligation, an image of a path, whether a path is possible at all. */
export type Purpose = "obligation" | "example" | "path";

/** A query with what the solver said. */
export type AskedQuery = { readonly purpose: Purpose; readonly query: Query; readonly answer: Answer };

export type ProofOptions = {
  readonly solver: Solver;
  readonly signal?: AbortSignal;
  /** Images of the format, good ones and hostile ones: those that paths need are looked for among them first. */
  readonly images: readonly (() => Uint8Array)[];
  /** Called with the image of each path that has one. */
  readonly onExample?: (image: Uint8Array) => void;
  /** Where every query that was decided goes, with its name. */
  readonly onQuery?: (query: AskedQuery) => void;
  /** Whether to stop at the first obligations that are open, or at a gap: where no more is to be known than whether all is shown. */
  readonly firstOpen?: boolean;
  /** Called before the solver is asked. */
  readonly onAsking?: (what: Purpose, queries: number) => void;
};

/** Obligations that are decided before it is looked whether one is open, where the first is enough. */
const BATCH = 16;

/** Shows what can be shown of a program; what could not is in `open`, `gaps` and `divergences`. */
export async function proveProgram(
  theorem: Theorem,
  options: ProofOptions,
): Promise<Result<ProgramProof, Failure>> {
  const paths = waysThrough(theorem);
  const context = new Asking(theorem, paths, options);
  const open = await context.obligations();
  if (!open.ok) return open;
  // Where something is open, what comes after it was explored as if it held: paths say nothing then.
  const isOver = open.value.length > 0 || (options.firstOpen === true && paths.gaps.length > 0);
  const seen = isOver ? ok(NOT_LOOKED_AT) : await context.paths();
  if (!seen.ok) return seen;
  return ok({
    obligations: countsOf(paths, open.value),
    open: open.value,
    gaps: paths.gaps,
    ...seen.value,
    queries: context.queries,
    limits: paths.limits,
  });
}

const NOT_LOOKED_AT = { paths: undefined, divergences: [], unreached: [] } as const;

function countsOf({ obligations, calculated }: Paths, open: readonly Open[]): readonly ObligationCount[] {
  const kinds = new Set([...obligations.map(({ kind }) => kind), ...calculated.keys()]);
  const unshown = new Set(open.map(({ obligation }) => obligation));
  return [...kinds].map((kind) => ({
    kind,
    calculated: calculated.get(kind) ?? 0,
    solved: obligations.filter((one) => one.kind === kind && !unshown.has(one)).length,
  }));
}

/** Of paths that no image settles, so many are asked about. */
const MOST_TRIED = 4;

function sendsNothing({ turnOf, sent }: PathState): boolean {
  return turnOf === undefined && sent.length === 0;
}

function isWhole({ turnOf, sent }: PathState): boolean {
  return turnOf === undefined && sent.length > 0 && sent.every(({ accepted }) => accepted);
}

/** Whether everything is shown that was to be: nothing is open or unknown, and what is said of runs is said of some. */
export function isProven({ open, gaps, paths, divergences }: ProgramProof): boolean {
  if (open.length > 0 || gaps.length > 0 || divergences.length > 0 || paths === undefined) return false;
  const { undecided, sending, refusing } = paths;
  return undecided === 0 && sending > 0 && refusing > 0;
}

/** Turns of each loop in runs that are to show something, and obligations on such runs that are asked about at once. */
const SHORT_TURNS = 3;
const SHORT_BATCH = 8;

function withExample(one: Open, example: Example | string | undefined): Open {
  return typeof example === "object" ? { ...one, kind: "refutable", example } : one;
}

/** Whether it depends on a loop of which nothing is known. */
function wasCut({ state }: Obligation): boolean {
  return state.loops.some(({ kind }) => kind === "anyhow");
}

/** What is asked for, and at which instruction: the same on all ways to it. */
function placeOf({ kind, state }: Obligation): string {
  return `${kind} at ${state.slot}`;
}

/** One program's questions to the solver. */
class Asking {
  queries = 0;
  readonly #theorem: Theorem;
  readonly #paths: Paths;
  readonly #options: ProofOptions;
  readonly #probesATurn: number;
  readonly #turnSlots: ReadonlySet<number>;

  constructor(theorem: Theorem, paths: Paths, options: ProofOptions) {
    this.#theorem = theorem;
    this.#paths = paths;
    this.#options = options;
    const probes = new Set(paths.turnEnds.map(({ trail }) => probeCalls(theorem.program, trail)));
    this.#probesATurn = Math.max(0, ...probes);
    this.#turnSlots = new Set([
      ...paths.turnEnds.flatMap(({ trail }) => slotsOf(trail)),
      ...paths.ends.flatMap(({ loops }) =>
        loops.flatMap((end) => (end.kind === "denied" ? slotsOf(end.trail) : [])),
      ),
    ]);
  }

  async obligations(): Promise<Result<readonly Open[], Failure>> {
    const { obligations, gaps } = this.#paths;
    if (this.#options.firstOpen !== true) {
      const open = await this.#openOf(obligations);
      return open.ok ? this.#withExamples(open.value) : open;
    }
    const broken = this.#brokenAtHand();
    if (broken !== undefined) return ok([{ obligation: broken, kind: "refutable" }]);
    if (gaps.length > 0) return ok([]);
    for (let from = 0; from < obligations.length; from += BATCH) {
      const open = await this.#openOf(obligations.slice(from, from + BATCH));
      if (!open.ok || open.value.length > 0) return open;
    }
    return ok([]);
  }

  /** An obligation that one of the images at hand breaks, without a question to the solver. */
  #brokenAtHand(): Obligation | undefined {
    const search = this.#theorem.specification?.search;
    for (const image of this.#atHand()) {
      const candidate = new TriedImage(image, search);
      const broken = this.#paths.obligations.find(
        ({ state, claim }) => candidate.fits(state, [not(claim)]) !== undefined,
      );
      if (broken !== undefined) return broken;
    }
    return undefined;
  }

  async #openOf(obligations: readonly Obligation[]): Promise<Result<readonly Open[], Failure>> {
    const queries = obligations.map(({ state, claim }) => [...state.conditions, not(claim)]);
    const answers = await this.#ask("obligation", queries, refute);
    if (!answers.ok) return answers;
    const open: Open[] = [];
    for (const [index, obligation] of obligations.entries()) {
      const verdict = answers.value[index]?.verdict;
      if (verdict === "unsat") continue;
      open.push({ obligation, kind: verdict === "sat" ? "refutable" : "undecided" });
    }
    return ok(open);
  }

  async #withExamples(open: readonly Open[]): Promise<Result<readonly Open[], Failure>> {
    const wanted = open.map(({ obligation: { state, claim } }) => ({ state, more: [not(claim)] }));
    const examples = await this.#examples(wanted, "quickly");
    if (!examples.ok) return examples;
    return this.#withShortRuns(open.map((one, index) => withExample(one, examples.value[index])));
  }

  /** Where loops that nothing is known of come before what is open: examples of runs in which they make few turns. */
  async #withShortRuns(open: readonly Open[]): Promise<Result<readonly Open[], Failure>> {
    const isUnsettled = ({ example, obligation }: Open) => example === undefined && wasCut(obligation);
    const wanted = new Set(open.filter(isUnsettled).map(({ obligation }) => placeOf(obligation)));
    const shown = new Map<string, Example>();
    const short = wanted.size === 0 ? [] : shortWaysThrough(this.#theorem, SHORT_TURNS).obligations;
    let left = short.filter((one) => wanted.has(placeOf(one)));
    while (left.length > 0) {
      const examples = await this.#shownBy(left.slice(0, SHORT_BATCH));
      if (!examples.ok) return examples;
      for (const [place, example] of examples.value) shown.set(place, example);
      left = left.slice(SHORT_BATCH).filter((one) => !shown.has(placeOf(one)));
    }
    return ok(
      open.map((one) => withExample(one, isUnsettled(one) ? shown.get(placeOf(one.obligation)) : undefined)),
    );
  }

  /** Examples in which obligations fail, by their places. */
  async #shownBy(obligations: readonly Obligation[]): Promise<Result<ReadonlyMap<string, Example>, Failure>> {
    const wanted = obligations.map(({ state, claim }) => ({ state, more: [not(claim)] }));
    const examples = await this.#examples(wanted, "quickly");
    if (!examples.ok) return examples;
    return ok(
      new Map(
        obligations.flatMap((obligation, index) => {
          const example = examples.value[index];
          return typeof example === "object" ? [[placeOf(obligation), example] as const] : [];
        }),
      ),
    );
  }

  async paths(): Promise<Result<Pick<ProgramProof, "paths" | "divergences" | "unreached">, Failure>> {
    const states = [...this.#paths.ends, ...this.#paths.turnEnds];
    const examples = await this.#examples(
      states.map((state) => ({ state, more: [] })),
      "thoroughly",
    );
    if (!examples.ok) return examples;
    const { program, context } = this.#theorem;
    const counts = { confirmed: 0, sending: 0, refusing: 0, impossible: 0, elsewhere: 0, undecided: 0 };
    const divergences: (Divergence & { readonly example: Example })[] = [];
    const reached = new Set<number>();
    for (const [index, state] of states.entries()) {
      const example = examples.value[index];
      if (typeof example === "string") counts[example] += 1;
      else if (example === undefined) counts.undecided += 1;
      else {
        this.#options.onExample?.(example.image);
        const divergence = replay(program, context, example, state, this.#turnSlots);
        if (divergence !== undefined) divergences.push({ ...divergence, example });
        else {
          counts.confirmed += 1;
          if (isWhole(state)) counts.sending += 1;
          if (sendsNothing(state)) counts.refusing += 1;
        }
        for (const slot of slotsOf(state.trail)) reached.add(slot);
        for (const end of state.loops)
          if (end.kind === "denied") for (const slot of slotsOf(end.trail)) reached.add(slot);
      }
    }
    const possible = await this.#possible(states.filter((_, index) => examples.value[index] === "elsewhere"));
    if (!possible.ok) return possible;
    counts.sending += possible.value.sending;
    counts.refusing += possible.value.refusing;
    const unreached = program.instructions.map(({ index }) => index).filter((slot) => !reached.has(slot));
    return ok({ paths: counts, divergences, unreached });
  }

  /** Of paths that no image settles, whether one that sends and one that does not are possible at all. */
  async #possible(
    states: readonly PathState[],
  ): Promise<Result<{ readonly sending: number; readonly refusing: number }, Failure>> {
    const sending = states.filter(isWhole).slice(0, MOST_TRIED);
    const refusing = states.filter(sendsNothing).slice(0, MOST_TRIED);
    const answers = await this.#ask(
      "path",
      [...sending, ...refusing].map(({ conditions }) => conditions),
    );
    if (!answers.ok) return answers;
    const sat = answers.value.map(({ verdict }) => Number(verdict === "sat"));
    const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0);
    return ok({ sending: sum(sat.slice(0, sending.length)), refusing: sum(sat.slice(sending.length)) });
  }

  async #examples(
    wanted: readonly Wanted[],
    how: "quickly" | "thoroughly",
  ): Promise<Result<readonly (Example | Exclude<Found, Fit>)[], Failure>> {
    const { specification, program } = this.#theorem;
    const ask = (purpose: "example" | "path", queries: readonly Query[]) => this.#ask(purpose, queries);
    const found = await findExamples(ask, specification?.search, this.#atHand(), wanted, how);
    if (!found.ok) return found;
    return ok(
      found.value.map((fit, index) => {
        const state = wanted[index]?.state;
        if (fit === undefined || typeof fit === "string" || state === undefined) {
          return typeof fit === "string" ? fit : undefined;
        }
        return {
          image: fit.image.bytes(),
          injection: injectionOf(program, state, fit.turn, this.#probesATurn),
        };
      }),
    );
  }

  *#atHand(): Iterable<SparseImage> {
    for (const image of this.#options.images) yield wholeImage(image());
  }

  async #ask(
    purpose: Purpose,
    queries: readonly Query[],
    how = decide,
  ): Promise<Result<readonly Answer[], Failure>> {
    const { solver, signal, onQuery, onAsking } = this.#options;
    this.queries += queries.length;
    onAsking?.(purpose, queries.length);
    const decided = await how(solver, queries, signal);
    if (!decided.ok) return decided;
    const { answers, final } = decided.value;
    for (const [index, query] of final.entries()) {
      const answer = answers[index];
      if (answer !== undefined) onQuery?.({ purpose, query, answer });
    }
    return ok(answers);
  }
}
