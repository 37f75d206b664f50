import { type Coverage, Covered } from "#bpf-vm/interpreter/coverage.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { formOf } from "#isa/lookup.ts";

/** How many directions of conditional jumps there are, and how many were gone in. */
export function branchCoverage(
  programs: readonly LoadedProgram[],
  coverage: readonly Coverage[],
): { readonly reached: number; readonly all: number } {
  let [reached, all] = [0, 0];
  for (const [i, { instructions }] of programs.entries()) {
    for (const instruction of instructions) {
      if (formOf(instruction).does.kind !== "jump-if") continue;
      const seen = coverage[i]?.[instruction.index] ?? 0;
      all += 2;
      reached += ((seen & Covered.TAKEN) === 0 ? 0 : 1) + ((seen & Covered.PASSED) === 0 ? 0 : 1);
    }
  }
  return { reached, all };
}
