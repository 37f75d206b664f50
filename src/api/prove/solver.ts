import { availableParallelism } from "node:os";
import type { Result } from "#core/result.ts";
import { openInstalled } from "#prove/solver/installed.ts";
import type { Solver } from "#prove/solver/solver.ts";
import { openZ3 } from "#prove/solver/z3.ts";

/** Solvers side by side: each takes some 150 MB. */
const MOST_INSTANCES = 4;

/**
 * The solver that a request names; else the npm package's, or an installed z3 where there is no such package.
 *
 * @param timeout of one query, in seconds
 *
 * Errors: `unsupported` where neither is there; `tool-missing` and `tool-failed` of the one that is named.
 */
export async function openSolver(word: string | undefined, timeout: number): Promise<Result<Solver>> {
  const instances = Math.min(MOST_INSTANCES, availableParallelism());
  if (word !== undefined) return openInstalled(word, timeout * 1000, instances);
  const packaged = await openZ3(instances, timeout * 1000);
  if (packaged.ok || packaged.failure.reason !== "unsupported") return packaged;
  const installed = await openInstalled("z3", timeout * 1000, instances);
  return installed.ok ? installed : packaged;
}
