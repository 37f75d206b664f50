import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { Evaluation } from "#prove/terms/evaluate.ts";
import { IMAGE_SIZE } from "#prove/terms/names.ts";
import { leavesOf } from "#prove/terms/operands.ts";
import type { Bits, Truth } from "#prove/terms/term.ts";
import { equals, implies } from "#prove/terms/truth.ts";
import { withoutProducts } from "./products.ts";
import type { Answer, FreeAnswer, Model, Query } from "./query.ts";
import type { Solver } from "./solver.ts";

/** Times that a solver is asked about one query. */
const MOST_ROUNDS = 24;

/** The same where not all of its premises are there. */
const NEAR_ROUNDS = 2;

/** Of disagreements in one example, so many become lemmas at once. */
const LEMMAS_A_ROUND = 64;

type Pending = {
  readonly index: number;
  readonly assertions: readonly Truth[];
  readonly leaves: readonly Bits[];
};

/** What is to be known of how queries were decided. */
export type Decided = {
  readonly answers: readonly Answer[];
  /** Each query with the lemmas that it took, in the order of the queries. */
  readonly final: readonly Query[];
};

/** What is asked in place of a query: what is impossible with less known is impossible. Undefined: nothing that is easier. */
type Easier = (query: Query) => Query | undefined;

const EASIER: readonly Easier[] = [
  (query) => nearGoal(query, 1),
  (query) => nearGoal(query, 2),
  withoutProducts,
];

/**
 * Decides queries that are most likely impossible: easier ones are tried before them, such as those premises alone that are near the goal.
 */
export async function refute(
  solver: Solver,
  queries: readonly Query[],
  signal?: AbortSignal,
): Promise<Result<Decided, Failure>> {
  const answers: Answer[] = queries.map(() => ({ verdict: "unknown" }));
  const final: Query[] = [...queries];
  let left: readonly Left[] = queries.map((query, index) => ({ query, index, lemmas: [] }));
  for (const easier of [...EASIER, undefined]) {
    const tried = left.flatMap((one) => {
      const asked = easier === undefined ? one.query : easier(one.query);
      return asked === undefined ? [] : [{ one, asked: [...asked, ...one.lemmas] }];
    });
    const parts = tried.map(({ asked }) => asked);
    const decided = await decide(solver, parts, signal, easier === undefined ? MOST_ROUNDS : NEAR_ROUNDS);
    if (!decided.ok) return decided;
    const next = left.filter((other) => tried.every(({ one }) => one !== other));
    for (const [place, { one, asked }] of tried.entries()) {
      const answer = decided.value.answers[place] ?? { verdict: "unknown" };
      const whole = decided.value.final[place] ?? [];
      // What bytes of one address have in common is true of the rest as well.
      const lemmas = easier === withoutProducts ? one.lemmas : [...one.lemmas, ...whole.slice(asked.length)];
      if (easier !== undefined && answer.verdict !== "unsat") next.push({ ...one, lemmas });
      else {
        answers[one.index] = answer;
        final[one.index] = whole;
      }
    }
    left = next;
  }
  return ok({ answers, final });
}

/** A query that is not decided yet, with the lemmas that it has come by. */
type Left = { readonly query: Query; readonly index: number; readonly lemmas: readonly Truth[] };

/** The goal, which is the last assertion, and those that speak of the same bytes and numbers, so many steps away. */
function nearGoal(query: Query, hops: number): Query {
  const goal = query.at(-1);
  if (goal === undefined) return query;
  const near = new Set(leavesOf([goal]).filter(isTelling));
  let chosen: readonly Truth[] = [];
  for (let hop = 0; hop < hops; hop++) {
    chosen = query.slice(0, -1).filter((one) => leavesOf([one]).some((leaf) => near.has(leaf)));
    for (const leaf of leavesOf(chosen)) if (isTelling(leaf)) near.add(leaf);
  }
  return [...chosen, goal];
}

/** The image's size is in almost every condition. */
function isTelling(leaf: Bits): boolean {
  return leaf.kind !== "variable" || leaf.name !== IMAGE_SIZE;
}

/**
 * Decides queries about memories with a solver that knows none. Bytes begin as variables of their own. Where
 * an example has two bytes of one address that differ, the solver is told that they are the same, and asked again. What is not possible
 * without such lemmas is not possible; an example without a disagreement is one of the memories.
 */
export async function decide(
  solver: Solver,
  queries: readonly Query[],
  signal?: AbortSignal,
  rounds = MOST_ROUNDS,
): Promise<Result<Decided, Failure>> {
  const answers: Answer[] = queries.map(() => ({ verdict: "unknown" }));
  const final: Query[] = [...queries];
  let pending: readonly Pending[] = queries.map((assertions, index) => ({
    index,
    assertions,
    leaves: leavesOf(assertions),
  }));
  for (let round = 0; round < rounds && pending.length > 0; round++) {
    const said = await solver.check(pending, signal);
    if (!said.ok) return said;
    const next: Pending[] = [];
    for (const [place, one] of pending.entries()) {
      const read = readAnswer(said.value[place], one);
      if ("again" in read) next.push(read.again);
      else answers[one.index] = read.answer;
      final[one.index] = "again" in read ? read.again.assertions : one.assertions;
    }
    pending = next;
  }
  return ok({ answers, final });
}

function readAnswer(
  said: FreeAnswer | undefined,
  one: Pending,
): { readonly answer: Answer } | { readonly again: Pending } {
  if (said?.verdict !== "sat") return { answer: { verdict: said?.verdict ?? "unknown" } };
  const { model, lemmas } = modelOf(said.values);
  if (lemmas.length === 0) return { answer: { verdict: "sat", model } };
  return { again: { ...one, assertions: [...one.assertions, ...lemmas] } };
}

/** The example that the values are, and what is wrong with it as one of memories. */
function modelOf(values: ReadonlyMap<Bits, bigint>): {
  readonly model: Model;
  readonly lemmas: readonly Truth[];
} {
  const variables = new Map<string, bigint>();
  for (const [term, value] of values) if (term.kind === "variable") variables.set(term.name, value);
  const evaluation = new Evaluation(
    { variable: (name) => variables.get(name) ?? 0n, byte: () => 0n },
    values,
  );
  const bytes = new Map<string, Map<bigint, bigint>>();
  const owners = new Map<string, Bits & { kind: "byte" }>();
  const lemmas: Truth[] = [];
  for (const [term, value] of values) {
    if (term.kind !== "byte") continue;
    const at = evaluation.bits(term.at);
    const memory = bytes.get(term.memory) ?? new Map<bigint, bigint>();
    bytes.set(term.memory, memory);
    const owner = owners.get(`${term.memory} ${at}`);
    if (owner !== undefined && memory.get(at) !== value) {
      if (lemmas.length < LEMMAS_A_ROUND)
        lemmas.push(implies(equals(owner.at, term.at), equals(owner, term)));
      continue;
    }
    owners.set(`${term.memory} ${at}`, term);
    memory.set(at, value);
  }
  return { model: { variables, bytes }, lemmas };
}
