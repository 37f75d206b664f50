import { type BuildRequest, build } from "#api/build.ts";
import { clean } from "#api/clean.ts";
import type { Context } from "#api/context.ts";
import type { MakeSwitches } from "#api/make/options-of-make.ts";
import { HOST_TOOLS, makeRequest, switchesOf } from "#api/make/request.ts";
import { type MakeWords, makeVariable, parseMakeWords } from "#api/make/words.ts";
import { MAKE_VARIABLES } from "#build/make-variables.ts";
import { contextOf } from "#commands/context.ts";
import { requestKey } from "#commands/request-key.ts";
import { eventPrinter, quietLine } from "#report/events.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { ask, show } from "./dry-run.ts";

/** @param argv make's words */
export async function runMake(argv: readonly string[], io: Io): Promise<number> {
  const words = parseMakeWords(argv);
  if (!words.ok) return report(io, words.failure);
  const unknown = Object.keys(words.value.variables).filter((name) => !Object.hasOwn(MAKE_VARIABLES, name));
  for (const name of unknown) io.stderr(`kexec-bpf: warning: variable ${name} means nothing here\n`);

  const request = makeRequest(words.value, io);
  if (!request.ok) return report(io, request.failure);
  const switches = switchesOf(words.value, io.env);
  const context = contextOf(io, events(words.value, switches, io));
  const goals = request.value.goals.filter((goal) => !HOST_TOOLS.includes(goal));
  const wanted = { ...request.value, goals };
  if (goals.length === 0) {
    if (!switches.silent && !switches.question) io.stdout(nothingFor(request.value.goals, request.value.out));
    return EXIT.ok;
  }
  if (switches.question) return ask(wanted, context, io);
  if (switches.dryRun) return show(wanted, context, io);
  return carryOut(wanted, switches, context, io, argv);
}

function nothingFor(goals: readonly string[], out: string): string {
  return `kexec-bpf: nothing to be done for '${goals.join(" ")}' in ${out}\n`;
}

async function carryOut(
  request: BuildRequest,
  { silent, always }: MakeSwitches,
  context: Context,
  io: Io,
  argv: readonly string[],
): Promise<number> {
  const { goals, out } = request;
  if (goals.includes("clean")) {
    const status = await runClean(request, silent, io, context);
    if (status !== EXIT.ok) return status;
  }
  const rest = goals.filter((goal) => goal !== "clean");
  const nothingToDo = silent ? "" : nothingFor(rest, out);
  if (rest.length === 0) return EXIT.ok;
  const remembering = {
    key: requestKey(["make", ...argv], io.env, io.cwd),
    summary: () => nothingToDo,
  };
  const built = await build({ ...request, goals: rest }, context, always ? undefined : remembering);
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

function events(words: MakeWords, { silent, question }: MakeSwitches, io: Io): Context["emit"] {
  // `-q` answers by its exit status alone.
  if (question) return () => undefined;
  const print = eventPrinter({
    name: "kexec-bpf",
    commands: makeVariable(words, io.env, "V") === "1",
    steps: (line) => (silent ? undefined : io.stdout(`${line}\n`)),
    talk: (line) => io.stderr(`${line}\n`),
  });
  // `-s` leaves warnings and failures.
  return silent ? (event) => (event.kind === "note" ? undefined : print(event)) : print;
}
