import type { Reach } from "./cover.ts";
import type { Worker } from "./crew.ts";
import type { Outcome } from "./mutant.ts";

/** A mutant that takes this much longer than the tests do hangs: generous, as others may use the processor as well. */
function patience(ms: number): number {
  return 4000 + 8 * ms;
}

/** Runs the tests that reach a mutant until one fails. A hang and a process that ends are failures as well. */
export async function judgeMutant(
  worker: Worker,
  mutant: number,
  reached: readonly Reach[],
  bundles: ReadonlyMap<string, string>,
): Promise<Outcome> {
  if (reached.length === 0) return "uncovered";
  for (const { file, tests, ms } of reached) {
    const bundle = bundles.get(file);
    if (bundle === undefined) continue;
    const heard = await worker.ask({ kind: "try", bundle, mutant, tests }, patience(ms));
    if (heard.kind === "timeout") return "timeout";
    if (heard.kind === "ended" || (heard.kind === "tried" && heard.killedBy !== undefined)) return "killed";
  }
  return "survived";
}
