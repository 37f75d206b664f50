import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { REVISIONS, type Revision } from "../../src/abi/revisions.ts";
import { PARSERS, type ParserName } from "./subject.ts";

export type Options = {
  readonly parsers: readonly ParserName[];
  readonly revisions: readonly Revision[];
  /** Of each parser; undefined: all. */
  readonly sample: number | undefined;
  readonly seed: number;
  /** Processes, each with a solver. */
  readonly jobs: number;
  /** An installed solver. Undefined: z3 as npm has it. */
  readonly solver: string | undefined;
  /** Built parsers, in folders v6 and v7. Undefined: they are built. */
  readonly from: string | undefined;
};

export function optionsOf(words: readonly string[], cwd: string): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      parser: { type: "string", multiple: true },
      abi: { type: "string", multiple: true },
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: String(availableParallelism()) },
      solver: { type: "string" },
      from: { type: "string" },
    },
  });
  return {
    parsers: chosen("parser", values.parser, PARSERS),
    revisions: chosen("abi", values.abi, REVISIONS),
    sample: values.sample === undefined ? undefined : whole("sample", values.sample),
    seed: whole("seed", values.seed),
    jobs: Math.max(1, whole("jobs", values.jobs)),
    solver: values.solver,
    from: values.from === undefined ? undefined : resolve(cwd, values.from),
  };
}

/** Some of `all`, or an error with the option's name; none said: all. */
function chosen<T extends string>(
  name: string,
  words: readonly string[] | undefined,
  all: readonly T[],
): readonly T[] {
  for (const word of words ?? []) {
    if (!all.some((one) => one === word)) throw new Error(`--${name} takes ${all.join(", ")}, not ${word}`);
  }
  return words === undefined ? all : all.filter((one) => words.includes(one));
}

function whole(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a number, not ${text}`);
  return Number(text);
}
