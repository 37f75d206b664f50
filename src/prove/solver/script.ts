import { SmtLib } from "#prove/terms/smtlib.ts";
import type { Bits } from "#prove/terms/term.ts";
import type { FreeAnswer, FreeQuery } from "./query.ts";

export type ScriptOptions = {
  /** The command that asks; z3 has a faster one than the standard's. */
  readonly check: string;
  /** Whether values are asked for as well: not of solvers that end at an error, for after an `unsat` there are none. */
  readonly withValues: boolean;
};

export const STANDARD: ScriptOptions = { check: "(check-sat)", withValues: false };

/** Queries as one SMT-LIB script, each between a push and a pop. */
export function scriptOf(queries: readonly FreeQuery[], { check, withValues }: ScriptOptions): string {
  const language = new SmtLib();
  const lines = ["(set-option :produce-models true)", "(set-logic QF_BV)"];
  for (const { assertions, leaves, status } of queries) {
    const names = assertions.map((one) => language.name(one));
    const wanted = leaves.map((one) => language.name(one));
    // Definitions outlive the query, so they stand outside of it.
    if (status !== undefined) lines.push(`(set-info :status ${status})`);
    lines.push(...language.takeLines(), "(push 1)", ...names.map((name) => `(assert ${name})`), check);
    if (withValues && wanted.length > 0) lines.push(`(get-value (${wanted.join(" ")}))`);
    lines.push("(pop 1)");
  }
  return `${lines.join("\n")}\n`;
}

/** What a solver said to a script of these queries. Undefined where that is not an answer to each. */
export function answersOf(
  output: string,
  queries: readonly FreeQuery[],
  { withValues }: ScriptOptions,
): readonly FreeAnswer[] | undefined {
  const said = expressions(output);
  const answers: FreeAnswer[] = [];
  let next = 0;
  for (const { leaves } of queries) {
    const verdict = said[next++];
    const given = withValues && leaves.length > 0 ? said[next++] : undefined;
    if (verdict === "unsat") answers.push({ verdict });
    else if (verdict === "unknown" || verdict === "timeout") answers.push({ verdict: "unknown" });
    else if (verdict === "sat") {
      const values = given === undefined ? new Map<Bits, bigint>() : valuesOf(given, leaves);
      if (values === undefined) return undefined;
      answers.push({ verdict, values });
    } else return undefined;
  }
  return next === said.length ? answers : undefined;
}

type Expression = string | readonly Expression[];

/** S-expressions, one after another. */
function expressions(text: string): readonly Expression[] {
  const open: Expression[][] = [[]];
  for (const [token] of text.matchAll(/\(|\)|\|[^|]*\||"(?:[^"]|"")*"|[^\s()]+/g)) {
    if (token === "(") open.push([]);
    else if (token === ")") {
      const closed = open.pop() ?? [];
      open.at(-1)?.push(closed);
    } else open.at(-1)?.push(token);
  }
  return open[0] ?? [];
}

/** `((term value) …)` in the order in which they were asked for. */
function valuesOf(given: Expression, wanted: readonly Bits[]): ReadonlyMap<Bits, bigint> | undefined {
  if (typeof given === "string" || given.length !== wanted.length) return undefined;
  const values = new Map<Bits, bigint>();
  for (const [index, term] of wanted.entries()) {
    const pair = given[index];
    const value = typeof pair === "string" ? undefined : numberOf(pair?.[1]);
    if (value === undefined) return undefined;
    values.set(term, value);
  }
  return values;
}

/** `#x0f`, `#b01`, `(_ bv5 8)`. */
function numberOf(expression: Expression | undefined): bigint | undefined {
  if (expression === undefined) return undefined;
  if (typeof expression !== "string") {
    const [sign, digits] = expression;
    return sign === "_" && typeof digits === "string" && /^bv\d+$/.test(digits)
      ? BigInt(digits.slice(2))
      : undefined;
  }
  return /^#(?:x[\da-fA-F]+|b[01]+)$/.test(expression) ? BigInt(`0${expression.slice(1)}`) : undefined;
}
