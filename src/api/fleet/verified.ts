import { readKernelTest } from "#api/kernel-test/merge.ts";
import { ok, type Result } from "#core/result.ts";
import type { KernelRecord } from "#fleet/record.ts";
import { type VerifiedProgram, withVerifierCounts } from "#fleet/verifier-counts.ts";

/** What the verifiers of real kernels counted, by reports of `kernel-test --json`. Errors: those of reading them. */
export async function readVerified(
  files: readonly string[],
): Promise<Result<readonly (readonly VerifiedProgram[])[]>> {
  const kernels: VerifiedProgram[][] = [];
  for (const file of files) {
    const report = await readKernelTest(file);
    if (!report.ok) return report;
    for (const { parsers } of report.value.kernels) {
      kernels.push(
        parsers.flatMap(({ sha256, load: { instructions } }) =>
          instructions === undefined ? [] : [{ sha256, instructions }],
        ),
      );
    }
  }
  return ok(kernels);
}

/** A report's kernels with these counts, where reports are given. */
export function verifiedRecords(
  records: readonly KernelRecord[],
  kernels: readonly (readonly VerifiedProgram[])[],
): readonly KernelRecord[] {
  return kernels.length === 0 ? records : withVerifierCounts(records, kernels);
}
