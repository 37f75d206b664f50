import { bootTest } from "#api/boot-test.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { kernelComplaint, ownKernel } from "#commands/guest-options.ts";
import { ok } from "#core/result.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage, tell } from "#report/report-failure.ts";
import type { BootTestWords } from "./options.ts";
import { bootJson, bootText } from "./text.ts";

export async function runBootTest({ given }: BootTestWords, io: Io): Promise<number> {
  const { deb, json, output } = given;
  const complaint = kernelComplaint({ ...given, others: { deb: deb !== undefined } });
  if (complaint !== undefined) return reportUsage(io, complaint);
  const beside = output === undefined ? ok(io) : besideOutput(io, output, json);
  if (!beside.ok) return report(io, beside.failure);
  const test = await bootTest({ ...given, kernel: ownKernel(given) ?? deb }, io);
  const failures = [test.booted, test.kept].flatMap((result) => (result.ok ? [] : [result.failure]));
  if (json) io.stdout(`${JSON.stringify(bootJson(test, failures[0]))}\n`);
  else if (test.booted.ok) beside.value.stdout(bootText(test.booted.value, test.milliseconds));
  return failures.map((failure) => tell(io, failure)).at(-1) ?? EXIT.ok;
}
