import { availableParallelism } from "node:os";
import type { Result } from "#core/result.ts";
import { openInstalled } from "#prove/solver/installed.ts";
import type { Solver } from "#prove/solver/solver.ts";
import { openZ3 } from "#prove/solver/z3.ts";

/** Solvers side by side: each takes some 150 MB. */
const MOST_INSTANCES = 4;

/**
 * The solver that a request names, or the package's own.
 *
 * @param timeout of one query, in seconds
 *
 * Errors: `unsupported` where the package is not installed; `tool-missing`, `tool-failed`.
 */
export function openSolver(word: string | undefined, timeout: number): Promise<Result<Solver>> {
  const instances = Math.min(MOST_INSTANCES, availableParallelism());
  return word === undefined
    ? openZ3(instances, timeout * 1000)
    : openInstalled(word, timeout * 1000, instances);
}
