import { type Memories, SmtLib } from "#prove/terms/smtlib.ts";
import type { Bits } from "#prove/terms/term.ts";
import type { Answer, Query } from "./query.ts";

/**
 * Queries as one SMT-LIB script, each between a push and a pop.
 *
 * @param withValues whether the script asks for values, too: solvers that end at an error may not be asked after an `unsat`
 */
export function scriptOf(
  queries: readonly Query[],
  withValues: boolean,
  memories: Memories = "arrays",
): string {
  const language = new SmtLib(memories);
  const lines = [
    "(set-option :print-success false)",
    "(set-option :produce-models true)",
    `(set-logic ${memories === "arrays" ? "QF_ABV" : "QF_BV"})`,
  ];
  for (const { assertions, values } of queries) {
    const names = assertions.map((one) => language.name(one));
    const wanted = values.map((one) => language.name(one));
    // Definitions stay, so they stand outside.
    lines.push(
      ...language.takeLines(),
      "(push 1)",
      ...names.map((name) => `(assert ${name})`),
      "(check-sat)",
    );
    if (withValues && wanted.length > 0) lines.push(`(get-value (${wanted.join(" ")}))`);
    lines.push("(pop 1)");
  }
  return `${lines.join("\n")}\n`;
}

/** What a solver said to a script of these queries. Undefined where it is not an answer to each. */
export function answersOf(
  output: string,
  queries: readonly Query[],
  withValues: boolean,
): readonly Answer[] | undefined {
  const said = expressions(output);
  const answers: Answer[] = [];
  let next = 0;
  for (const { values } of queries) {
    const verdict = said[next++];
    const given = withValues && values.length > 0 ? said[next++] : undefined;
    if (verdict === "unsat") answers.push({ verdict });
    else if (verdict === "unknown" || verdict === "timeout") answers.push({ verdict: "unknown" });
    else if (verdict === "sat") {
      const known = given === undefined ? new Map<Bits, bigint>() : valuesOf(given, values);
      if (known === undefined) return undefined;
      answers.push({ verdict, values: known });
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
