import { binaryIdentity, type ProbeCache } from "./probe-cache.ts";
import { runTool, type ToolRun } from "./process.ts";

/** What asking a binary about itself takes. */
export type ProbeContext = {
  readonly cache: ProbeCache;
  /** In milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
};

/** How to learn about one kind of tool. */
export type ToolKind<Facts> = {
  readonly tool: string;
  /** Asks the binary. A string says why it is of no use: it crashed, hung, or is something else. */
  readonly probe: (ask: Ask) => Promise<Facts | string>;
  /** Checks facts that come from the cache file. */
  readonly isFacts: (value: unknown) => value is Facts;
  /** Undefined where the binary will do; else what it lacks, and whether a newer version would have it. */
  readonly shortcoming: (facts: Facts) => Shortcoming | undefined;
  /** Orders by age, as `Array.sort` wants it: the newest of those that are too old is the one to report. */
  readonly compare: (left: Facts, right: Facts) => number;
};

export type Shortcoming = { readonly tooOld: boolean; readonly why: string };

/** Runs the binary with these arguments; the text on stdout, or why there is none. */
export type Ask = (
  ...args: readonly string[]
) => Promise<{ readonly text: string } | { readonly why: string }>;

export type Chosen<Facts> = {
  readonly path: string;
  /** Names this state of the binary: see `binaryIdentity`. */
  readonly identity: string;
  readonly facts: Facts;
};

export type Choice<Facts> =
  | ({ readonly state: "found"; readonly tried: readonly string[] } & Chosen<Facts>)
  | ({ readonly state: "too-old"; readonly tried: readonly string[] } & Chosen<Facts>)
  | {
      readonly state: "missing";
      readonly tried: readonly string[];
      /** Why the first of the existing candidates was of no use; undefined where none exists. */
      readonly problem: string | undefined;
    };

/** A place to look at: an existing file, or what was looked for in vain. */
export type Candidate = { readonly path: string } | { readonly absent: string };

/**
 * Asks the candidates in their order and takes the first that will do. Later ones are not even started:
 * a hanging tool far down on PATH must not delay those who do not need it.
 */
export async function chooseTool<Facts>(
  kind: ToolKind<Facts>,
  candidates: readonly Candidate[],
  context: ProbeContext,
): Promise<Choice<Facts>> {
  const tried: string[] = [];
  const seen = new Set<string>();
  let newest: Chosen<Facts> | undefined;
  let problem: string | undefined;
  const dismiss = (path: string, why: string) => {
    const line = `${path}: ${why}`;
    tried.push(line);
    problem ??= line;
  };
  for (const candidate of candidates) {
    if ("absent" in candidate) {
      tried.push(candidate.absent);
      continue;
    }
    const { path } = candidate;
    if (seen.has(path)) continue;
    seen.add(path);
    const learnt = await learn(kind, path, context);
    if (typeof learnt === "string") {
      dismiss(path, learnt);
      continue;
    }
    const shortcoming = kind.shortcoming(learnt.facts);
    if (shortcoming === undefined) return { state: "found", ...learnt, tried };
    dismiss(path, shortcoming.why);
    if (!shortcoming.tooOld) continue;
    if (newest === undefined || kind.compare(learnt.facts, newest.facts) > 0) newest = learnt;
  }
  return newest === undefined ? { state: "missing", tried, problem } : { state: "too-old", ...newest, tried };
}

async function learn<Facts>(
  kind: ToolKind<Facts>,
  path: string,
  context: ProbeContext,
): Promise<Chosen<Facts> | string> {
  const identity = binaryIdentity(path);
  if (identity === undefined) return "not found";
  const key = `${kind.tool}:${identity}`;
  const known = context.cache.get(key);
  if (kind.isFacts(known)) return { path, identity, facts: known };
  const facts = await kind.probe(asker(kind.tool, path, context));
  // Why a tool was of no use may have passed by the next time: only facts are kept.
  if (typeof facts === "string") return facts;
  context.cache.set(key, facts);
  return { path, identity, facts };
}

function asker(tool: string, file: string, context: ProbeContext): Ask {
  return async (...args) => {
    const run: ToolRun = { tool, file, args, timeout: context.timeout };
    const result = await runTool(context.signal === undefined ? run : { ...run, signal: context.signal });
    if (result.ok) return { text: new TextDecoder().decode(result.value.stdout) };
    const { failure } = result;
    if (failure.reason === "tool-failed") {
      const firstLine = failure.log.trim().split("\n", 1)[0] ?? "";
      return { why: firstLine === "" ? failure.ended : `${failure.ended}: ${firstLine}` };
    }
    return { why: failure.reason };
  };
}
