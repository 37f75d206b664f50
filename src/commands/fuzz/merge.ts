import { mergeFuzz } from "#api/fuzz-merge.ts";
import { namedFile } from "#commands/named-files.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { FuzzMergeWords } from "./options.ts";

/** Findings are exit status 1, as those of a campaign. */
export async function runFuzzMerge({ given }: FuzzMergeWords, io: Io): Promise<number> {
  const { folders, output: out, parser, reference, abi, arch, json, ...rest } = given;
  const merged = await mergeFuzz({
    ...{ folders, out, reference, abi, arch },
    parser: parser === undefined ? undefined : namedFile(parser, io.cwd),
    limits: { kernel: rest.maxKernel, initrd: rest.maxInitrd, cmdline: rest.maxCmdline },
  });
  if (!merged.ok) return report(io, merged.failure);
  const { queue, findings, branches } = merged.value;
  io.stdout(
    json
      ? `${JSON.stringify({ schema: 1, ...merged.value })}\n`
      : `${out}: queue ${queue.kept} of ${queue.read}, findings ${findings.kept} of ${findings.read}, ${branches.reached} of ${branches.all} directions of branches\n`,
  );
  return findings.kept === 0 ? EXIT.ok : EXIT.failed;
}
