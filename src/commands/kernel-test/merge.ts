import { mergeKernelTests, type TestedParserJson } from "#api/kernel-test/merge.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { table } from "#report/table.ts";
import type { KernelTestMergeWords } from "./options.ts";
import { HEADING } from "./text.ts";

/** Findings are exit status 1, as those of the shards. */
export async function runKernelTestMerge({ given }: KernelTestMergeWords, io: Io): Promise<number> {
  const merged = await mergeKernelTests(given.reports);
  if (!merged.ok) return report(io, merged.failure);
  const { kernels, passed } = merged.value;
  const rows = kernels.flatMap(({ release, parsers }) =>
    parsers.map((parser) => [release, ...rowOf(parser)]),
  );
  io.stdout(
    given.json ? `${JSON.stringify(merged.value)}\n` : `${table([["kernel", ...HEADING], ...rows])}\n`,
  );
  if (!passed && !given.json) io.stderr("kexec-bpf: not every shard passed: their own reports say why\n");
  return passed ? EXIT.ok : EXIT.failed;
}

function rowOf({ name, load, cases, asVm, asReference, findings }: TestedParserJson): readonly string[] {
  const loads = { loaded: "yes", refused: "no" }[load.state] ?? load.state;
  return [
    ...[
      name,
      loads,
      String(load.instructions ?? "-"),
      String(load.totalStates ?? "-"),
      load.stackDepth ?? "-",
    ],
    ...[String(cases), String(asVm), String(asReference ?? "-"), String(findings.length)],
  ];
}
