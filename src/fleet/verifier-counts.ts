import type { KernelRecord } from "./record.ts";

/** What a kernel's verifier processed of a program, and of which container it is. */
export type VerifiedProgram = { readonly sha256: string; readonly instructions: number };

/** The records with what the verifiers of real kernels counted: of several kernels the most, of a container's programs the sum. */
export function withVerifierCounts(
  records: readonly KernelRecord[],
  kernels: readonly (readonly VerifiedProgram[])[],
): readonly KernelRecord[] {
  const most = new Map<string, number>();
  for (const programs of kernels) {
    const sums = new Map<string, number>();
    for (const { sha256, instructions } of programs) sums.set(sha256, (sums.get(sha256) ?? 0) + instructions);
    for (const [sha256, sum] of sums) most.set(sha256, Math.max(sum, most.get(sha256) ?? 0));
  }
  return records.map((record) => ({
    ...record,
    parsers: record.parsers.map((parser) => ({
      ...parser,
      verifierInstructions: most.get(parser.sha256) ?? parser.verifierInstructions,
    })),
  }));
}
