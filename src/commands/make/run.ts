import { type BuildRequest, build } from "#api/build.ts";
import { clean } from "#api/clean.ts";
import type { Context } from "#api/context.ts";
import { MAKE_VARIABLES } from "#build/make-variables.ts";
import { contextOf } from "#commands/context.ts";
import { requestKey } from "#commands/request-key.ts";
import { eventPrinter, quietLine } from "#report/events.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { makeRequest } from "./request.ts";
import { type MakeWords, parseMakeWords } from "./words.ts";

/** @param argv make's words */
export async function runMake(argv: readonly string[], io: Io): Promise<number> {
  const words = parseMakeWords(argv);
  if (!words.ok) return report(io, words.failure);
  const { silent, variables } = words.value;
  const unknown = Object.keys(variables).filter((name) => MAKE_VARIABLES[name] === undefined);
  for (const name of unknown) io.stderr(`kexec-bpf: warning: variable ${name} means nothing here\n`);

  const request = makeRequest(words.value, io);
  if (!request.ok) return report(io, request.failure);
  const context = contextOf(io, events(words.value, io));
  const { goals, out } = request.value;
  if (goals.includes("clean")) {
    const status = await runClean(request.value, silent, io, context);
    if (status !== EXIT.ok) return status;
  }
  const rest = goals.filter((goal) => goal !== "clean");
  if (rest.length === 0) return EXIT.ok;
  const nothingToDo = silent ? "" : `kexec-bpf: nothing to be done for '${rest.join(" ")}' in ${out}\n`;
  const built = await build({ ...request.value, goals: rest }, context, {
    key: requestKey(["make", ...argv], io.env, io.cwd),
    summary: () => nothingToDo,
  });
  if (!built.ok) return report(io, built.failure);
  if (built.value.ran === 0) io.stdout(nothingToDo);
  return EXIT.ok;
}

async function runClean(request: BuildRequest, silent: boolean, io: Io, context: Context): Promise<number> {
  const cleaned = await clean(request, context);
  if (!cleaned.ok) return report(io, cleaned.failure);
  if (!silent) io.stdout(`${quietLine("CLEAN", request.out)}\n`);
  for (const file of cleaned.value.kept) io.stderr(`kexec-bpf: ${file} stays: it is given as an input\n`);
  return EXIT.ok;
}

function events({ silent, variables }: MakeWords, io: Io): Context["emit"] {
  return eventPrinter({
    name: "kexec-bpf",
    commands: (variables["V"] ?? io.env["V"]) === "1",
    steps: (line) => (silent ? undefined : io.stdout(`${line}\n`)),
    talk: (line) => io.stderr(`${line}\n`),
  });
}
