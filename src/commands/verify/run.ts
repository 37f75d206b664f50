import type { Context } from "#api/context.ts";
import { type ReportFiles, removeOldReports, reportFiles, writeReports } from "#api/verify/reports.ts";
import type { VerifyReport, VerifyRequest } from "#api/verify/request.ts";
import { verify } from "#api/verify/verify.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { namedFiles } from "#commands/named-files.ts";
import { tellEvents } from "#commands/tell-events.ts";
import type { Verification } from "#core/verification.ts";
import { EXIT, exitCode } from "#report/exit-code.ts";
import { failureJson } from "#report/failure-json.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage, tell } from "#report/report-failure.ts";
import { styleFor } from "#report/style.ts";
import { addToStepSummary, besideRunner } from "./github.ts";
import type { VerifyWords } from "./options.ts";
import { verifiedText } from "./text.ts";
import { watch } from "./watch.ts";

type Given = VerifyWords["given"];

type Done = { readonly status: number; readonly verified: VerifyReport | undefined };

export async function runVerify({ given }: VerifyWords, io: Io): Promise<number> {
  const request = requestOf(given, io.cwd);
  if (request.parsers.length === 0) return reportUsage(io, "a parser is needed");
  const reports = reportFiles(given);
  const inputs = [...request.parsers, ...request.images].map(({ file }) => file);
  const twice = reports.find((file, i) => inputs.includes(file) || reports.indexOf(file) !== i);
  if (twice !== undefined) {
    return report(io, { reason: "usage", detail: `${twice}: a report needs a file of its own` });
  }
  const beside = besideOutput(io, reports, given.json);
  if (!beside.ok) return report(io, beside.failure);
  const told = tellEvents(io, ({ what, done, total }) => `image ${done} of ${total}, ${what}`);
  const context: Context = { env: io.env, cwd: io.cwd, signal: io.signal, emit: told.emit };
  const round = async (emit: Context["emit"]): Promise<Done> => {
    const cleared = removeOldReports(given);
    if (!cleared.ok) return { status: report(io, cleared.failure), verified: undefined };
    const verified = await verify(request, { ...context, emit }).finally(told.end);
    if (!verified.ok) return { status: report(io, verified.failure), verified: undefined };
    return { status: await publish(verified.value, given, beside.value), verified: verified.value };
  };
  const once = async (emit: Context["emit"]): Promise<number> => {
    const { github, json } = given;
    return (await (github ? besideRunner(beside.value, json, () => round(emit)) : round(emit))).status;
  };
  return given.watch ? watch(once, { inputs, reports }, context) : once(told.emit);
}

function requestOf(given: Given, cwd: string): VerifyRequest {
  const { reference, expected, abi, arch, btf, faultPaths, expect, include, clang, libbpfHeaders, coverage } =
    given;
  return {
    parsers: namedFiles([...given.parsers, ...given.parser], cwd),
    images: namedFiles(given.image, cwd),
    keep: given.html !== undefined,
    comparison: given.effect ? "effect" : "exact",
    limits: { kernel: given.maxKernel, initrd: given.maxInitrd, cmdline: given.maxCmdline },
    ...{ reference, expected, abi, arch, btf, faultPaths, expect, include, clang, libbpfHeaders, coverage },
  };
}

/** Writes the reports, shows the result, and gives the exit status. */
async function publish(
  verified: VerifyReport,
  given: ReportFiles & Pick<Given, "json" | "github">,
  io: Io,
): Promise<number> {
  const { verification, coverage } = verified;
  const { verdicts, errors, shortfalls } = verification;
  const failures = [
    ...errors.map(({ failure }) => failure),
    ...(await writeReports(verified, given, { signal: io.signal })),
    ...(given.github ? addToStepSummary(verified, io) : []),
  ];
  for (const failure of failures) tell(io, failure);
  const [first] = failures;
  if (given.json) {
    const facts = { ...verification, ...(coverage && { coverage }) };
    io.stdout(`${JSON.stringify({ ...(first && failureJson(first)), ...facts })}\n`);
  } else if (verdicts.length > 0 || shortfalls.length > 0) {
    io.stdout(verifiedText(verified, styleFor(io.terminal.stdout, io.env)));
  }
  return first === undefined ? statusOf(verification) : exitCode(first);
}

/** Nothing judged is nothing proven. */
function statusOf({ verdicts, shortfalls }: Verification): number {
  return verdicts.length > 0 && shortfalls.length === 0 && verdicts.every(({ ok }) => ok)
    ? EXIT.ok
    : EXIT.failed;
}
