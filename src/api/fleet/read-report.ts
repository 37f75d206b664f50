import { err, ok, type Result } from "#core/result.ts";
import { readInputText } from "#files/input-file.ts";
import type { FleetReport } from "#fleet/report.ts";

/** A report as a run of this program wrote it. Errors: `file-failed`; `malformed`. */
export async function readReport(file: string): Promise<Result<FleetReport>> {
  const text = await readInputText(file);
  if (!text.ok) return text;
  const bad = (detail: string) =>
    err({ reason: "malformed", format: "fleet report", section: "text", offset: 0, detail, file } as const);
  try {
    const report = JSON.parse(text.value) as Partial<FleetReport> | null;
    if (report?.schema !== 1 || !Array.isArray(report.kernels)) return bad("it is no report of schema 1");
    return ok(report as FleetReport);
  } catch (error) {
    if (error instanceof SyntaxError) return bad(error.message);
    throw error;
  }
}

/** Milliseconds that kernels took, by their names. Errors: those of `readReport`. */
export async function readTimes(file: string): Promise<Result<ReadonlyMap<string, number>>> {
  const report = await readReport(file);
  if (!report.ok) return report;
  const timed = report.value.kernels.filter(({ milliseconds }) => milliseconds > 0);
  return ok(new Map(timed.map(({ name, milliseconds }) => [name, milliseconds])));
}
