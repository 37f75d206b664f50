import { resolve } from "node:path";
import { isProof, prove } from "#api/prove/prove.ts";
import type { ProveRequest } from "#api/prove/request.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { namedFiles } from "#commands/named-files.ts";
import { tellEvents } from "#commands/tell-events.ts";
import { EXIT, exitCode } from "#report/exit-code.ts";
import { failureJson } from "#report/failure-json.ts";
import type { Io } from "#report/io.ts";
import { report, tell } from "#report/report-failure.ts";
import { styleFor } from "#report/style.ts";
import type { ProveWords } from "./options.ts";
import { proofText } from "./text.ts";

export async function runProve({ given }: ProveWords, io: Io): Promise<number> {
  const request = requestOf(given, io.cwd);
  const { certificate } = request;
  const files = [certificate, request.html].filter((file) => file !== undefined);
  const beside = besideOutput(io, files, given.json);
  if (!beside.ok) return report(io, beside.failure);
  const told = tellEvents(io, ({ what }) => what);
  const context = { env: io.env, cwd: io.cwd, signal: io.signal, emit: told.emit };
  const proven = await prove(request, context).finally(told.end);
  if (!proven.ok) return report(io, proven.failure);
  const { errors } = proven.value;
  for (const { failure } of errors) tell(io, failure);
  const [first] = errors;
  if (given.json) {
    const facts = { ...(first && failureJson(first.failure)), ...proven.value };
    beside.value.stdout(`${JSON.stringify(facts)}\n`);
  } else if (proven.value.programs.length > 0) {
    beside.value.stdout(proofText(proven.value, styleFor(io.terminal.stdout, io.env)));
  }
  if (first !== undefined) return exitCode(first.failure);
  return isProof(proven.value) ? EXIT.ok : EXIT.failed;
}

function requestOf(given: ProveWords["given"], cwd: string): ProveRequest {
  const { reference, safety, abi, arch, btf, include, clang, libbpfHeaders, timeout } = given;
  // A name is looked for in PATH; a path is the user's.
  const solver = given.solver?.includes("/") ? resolve(cwd, given.solver) : given.solver;
  return {
    parsers: namedFiles(given.parsers, cwd),
    limits: { kernel: given.maxKernel, initrd: given.maxInitrd, cmdline: given.maxCmdline },
    ...{ reference, safety, abi, arch, btf, include, clang, libbpfHeaders, solver, timeout },
    ...{
      counterexamples: given.counterexamples,
      smt2: given.smt2,
      certificate: given.output,
      html: given.html,
      withTimes: true,
    },
  };
}
