import { isRecord } from "#core/is-record.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInputText } from "#files/input-file.ts";

/** What `kernel-test --json` says, as far as merging looks at it. */
export type KernelTestJson = {
  readonly schema: 1;
  readonly passed: boolean;
  /** Of a run that tried a part of the kernels. */
  readonly shard: { readonly index: number; readonly count: number } | null;
  readonly kernels: readonly TestedKernelJson[];
};

export type TestedKernelJson = {
  readonly source: string;
  readonly release: string;
  readonly parsers: readonly TestedParserJson[];
};

export type TestedParserJson = {
  readonly name: string;
  /** Of its container. */
  readonly sha256: string;
  readonly load: {
    readonly state: string;
    readonly instructions?: number;
    readonly totalStates?: number;
    readonly stackDepth?: string;
  };
  readonly cases: number;
  readonly asVm: number;
  readonly asReference: number | null;
  readonly findings: readonly unknown[];
};

/** Errors: those of reading; `malformed` for another file. */
export async function readKernelTest(file: string): Promise<Result<KernelTestJson>> {
  const text = await readInputText(file);
  if (!text.ok) return text;
  const bad = (detail: string) =>
    err({ reason: "malformed", format: "kernel-test", section: "report", offset: 0, detail, file } as const);
  try {
    const report: unknown = JSON.parse(text.value);
    const whole = isRecord(report) && report["schema"] === 1 && Array.isArray(report["kernels"]);
    return whole ? ok(report as KernelTestJson) : bad("it is not what kernel-test --json writes");
  } catch (error) {
    if (error instanceof SyntaxError) return bad(error.message);
    throw error;
  }
}

/** One report of those of all shards. Errors: those of reading; `bad-fleet`, naming shards that are missing or there twice. */
export async function mergeKernelTests(files: readonly string[]): Promise<Result<KernelTestJson>> {
  const reports: KernelTestJson[] = [];
  for (const file of files) {
    const report = await readKernelTest(file);
    if (!report.ok) return report;
    reports.push(report.value);
  }
  const problems = problemsOf(files, reports);
  if (problems.length > 0) return err({ reason: "bad-fleet", file: files[0] ?? "", problems });
  // Shards take turns with the kernels: so do their reports, as far as each has them.
  const inOrder = [...reports].sort((a, b) => (a.shard?.index ?? 0) - (b.shard?.index ?? 0));
  const most = Math.max(0, ...inOrder.map(({ kernels }) => kernels.length));
  const kernels = Array.from({ length: most }, (_, i) => inOrder.flatMap((one) => one.kernels[i] ?? []));
  const passed = reports.every((report) => report.passed);
  return ok({ schema: 1, passed, shard: null, kernels: kernels.flat() });
}

function problemsOf(files: readonly string[], reports: readonly KernelTestJson[]): readonly string[] {
  const problems: string[] = [];
  const count = reports[0]?.shard?.count;
  const found = new Map<number, string>();
  for (const [i, { shard }] of reports.entries()) {
    const file = files[i] ?? "";
    if (shard === null || shard === undefined) problems.push(`${file} is of no shard`);
    else if (shard.count !== count) problems.push(`${file} is one of ${shard.count}, not of ${count}`);
    else if (found.has(shard.index))
      problems.push(`shard ${shard.index} of ${count} is there twice: ${found.get(shard.index)}, ${file}`);
    else found.set(shard.index, file);
  }
  if (problems.length > 0) return problems;
  return Array.from({ length: count ?? 0 }, (_, i) => i + 1)
    .filter((index) => !found.has(index))
    .map((index) => `shard ${index} of ${count} is missing`);
}
