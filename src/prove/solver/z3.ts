import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { FreeAnswer, FreeQuery } from "./query.ts";
import { answersOf, type ScriptOptions, scriptOf } from "./script.ts";
import type { Solver } from "./solver.ts";

/** Queries in one script: enough that starting one does not count, few enough that all instances have work. */
const CHUNK = 16;

/** Not incremental, and several times as fast for these queries. */
const OPTIONS: ScriptOptions = { check: "(check-sat-using qfbv)", withValues: true };

/**
 * z3 as WebAssembly, from the optional package z3-solver. Its interface for programs starts a thread for each query; a script
 * takes many at once.
 *
 * @param instances how many work side by side; each takes some 150 MB
 * @param timeout of one query, in milliseconds
 *
 * Errors: `unsupported` where the package is not installed.
 */
export async function openZ3(instances: number, timeout: number): Promise<Result<Solver, Failure>> {
  let load: typeof import("z3-solver").init;
  try {
    ({ init: load } = await import("z3-solver"));
  } catch (error) {
    if (!isMissing(error)) throw error;
    return err({
      reason: "unsupported",
      what: "a proof without a solver",
      detail:
        "the optional package z3-solver is not installed (npm install z3-solver); or say --solver z3, cvc5 or bitwuzla",
    });
  }
  const opened = await Promise.all(Array.from({ length: instances }, () => openInstance(load, timeout)));
  const version = opened[0]?.version ?? "";
  return ok({
    name: "z3",
    version,
    check: (queries, signal) => checkAll(opened, queries, signal),
    close: () => {
      for (const { close } of opened) close();
    },
  });
}

/** Of an answer that is not one, so many characters are kept. */
const LOG_LIMIT = 4000;

type Said = { readonly output: string; readonly answers: readonly FreeAnswer[] | undefined };

type Instance = {
  readonly version: string;
  readonly run: (script: string) => Promise<string>;
  readonly close: () => void;
};

/** What the package's module has beside its typed interface. */
type Emscripten = {
  readonly HEAPU8: Uint8Array;
  readonly PThread: { readonly terminateAllThreads: () => void };
  readonly _malloc: (size: number) => number;
  readonly _free: (at: number) => void;
  readonly async_call: (work: () => void) => Promise<string>;
  readonly _async_Z3_eval_smtlib2_string: (context: unknown, script: number) => void;
};

async function openInstance(load: typeof import("z3-solver").init, timeout: number): Promise<Instance> {
  // At the end threads are ended in the middle of whatever they say.
  const { Z3, em } = await load({ printErr: () => undefined });
  const module = em as Emscripten;
  Z3.global_param_set("timeout", String(timeout));
  return {
    version: Z3.get_full_version().replace(/^Z3 /, ""),
    run: async (script) => {
      const config = Z3.mk_config();
      const context = Z3.mk_context(config);
      Z3.del_config(config);
      // The package's own call leaves a text on the stack, where it is overwritten before the solver's thread has read it.
      const text = placed(module, script, () => Z3.get_full_version());
      try {
        return await module.async_call(() => module._async_Z3_eval_smtlib2_string(context, text));
      } finally {
        module._free(text);
        Z3.del_context(context);
      }
    },
    close: () => module.PThread.terminateAllThreads(),
  };
}

/** Copies a text, with a NUL behind it, into the module's memory; gives its address. */
function placed(module: Emscripten, script: string, refresh: () => void): number {
  const bytes = new TextEncoder().encode(`${script}\0`);
  const at = module._malloc(bytes.length);
  // Makes the view follow a memory that has grown, as every text does that is read from it.
  refresh();
  if (module.HEAPU8.length < at + bytes.length) throw new Error("z3's memory is not seen as a whole");
  module.HEAPU8.set(bytes, at);
  return at;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}

async function checkAll(
  instances: readonly Instance[],
  queries: readonly FreeQuery[],
  signal: AbortSignal | undefined,
): Promise<Result<readonly FreeAnswer[], Failure>> {
  const size = Math.max(1, Math.min(CHUNK, Math.ceil(queries.length / (2 * instances.length))));
  const chunks = Array.from({ length: Math.ceil(queries.length / size) }, (_, i) =>
    queries.slice(i * size, (i + 1) * size),
  );
  const answers: Said[] = [];
  let next = 0;
  await Promise.all(
    instances.map(async ({ run }) => {
      for (let place = next++; place < chunks.length; place = next++) {
        if (signal?.aborted) return;
        const chunk = chunks[place] ?? [];
        const output = await run(scriptOf(chunk, OPTIONS));
        answers[place] = { output, answers: answersOf(output, chunk, OPTIONS) };
      }
    }),
  );
  if (signal?.aborted) return err({ reason: "cancelled", signal: String(signal.reason ?? "abort") });
  const all: FreeAnswer[] = [];
  for (const [place] of chunks.entries()) {
    const said = answers[place];
    const own = said?.answers;
    if (own === undefined) {
      return err({
        ...{ reason: "tool-failed", tool: "z3", command: "z3 (of the package z3-solver)" },
        ...{ ended: "an answer that is not one", log: said?.output.slice(0, LOG_LIMIT) ?? "" },
      });
    }
    all.push(...own);
  }
  return ok(all);
}
