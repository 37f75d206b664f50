import { existsSync, rmdirSync, rmSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import { PRIVATE, type State } from "#build/state/state.ts";
import { writeState } from "#build/state/state-file.ts";
import type { CacheReport } from "#cache/action-cache.ts";
import type { Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { removeStaleTemporaries } from "#files/output.ts";
import { isUtf8 } from "#files/raw-path.ts";
import type { ImageSizes } from "#generate/image-size.ts";
import type { BuildContext } from "./context.ts";
import { Digests, pathIn } from "./digests.ts";
import { executeRules } from "./execute.ts";
import { rulesInOrder } from "./graph.ts";
import { layersOf, type ParserLayer, placesOf } from "./nesting.ts";
import { rulesToRun } from "./out-of-date.ts";
import type { Plan } from "./plan.ts";
import { type Prepared, prepare } from "./prepare.ts";
import type { BuildRequest } from "./request.ts";
import type { Rule } from "./rule.ts";
import { buildGraph } from "./rules.ts";

/** What was built, for people and (as it is) for machines. */
export type BuildReport = {
  /** Raised when a field changes its meaning or goes away. */
  readonly schema: 1;
  readonly out: string;
  readonly arch: string;
  readonly abi: { readonly revision: Revision; readonly source: string; readonly missing: readonly string[] };
  /** Bytes. */
  readonly sizes: ImageSizes;
  readonly tools: { readonly clang: string; readonly bpftool: string; readonly libbpf: string | undefined };
  /** How many rules had to run. */
  readonly ran: number;
  /** From the request to the last output. */
  readonly milliseconds: number;
  readonly outputs: readonly OutputReport[];
  readonly containers: readonly ContainerReport[];
  /** Where one was given. */
  readonly cache?: CacheReport;
};

export type OutputReport = { readonly name: string; readonly size: number; readonly sha256: string };

export type ContainerReport = {
  readonly name: string;
  readonly sections: readonly { readonly name: string; readonly file: string }[];
  /** Which targets' images it takes: of each layer, from the outermost on, those that are tried. */
  readonly takes: readonly (readonly string[])[];
};

export type Built = {
  readonly report: BuildReport;
  /** Every path whose change makes this report out of date. */
  readonly watched: readonly string[];
  /** When the build began to look at anything, in milliseconds since 1970. */
  readonly since: number;
};

/**
 * Builds the goals of a request. What is up to date by content stays as it is; a failure leaves what
 * was finished before it, and no half of anything. The state of a build that succeeds is not written yet: `rememberRequest`
 * does that.
 */
export async function buildGoals(request: BuildRequest, context: BuildContext): Promise<Result<Built>> {
  const started = performance.now();
  const since = Date.now();
  if (!isUtf8(request.out)) return err(nameForTools(request.out));
  const folders = newFolders(request.out);
  const work = await planWork(request, context);
  if (!work.ok) {
    removeFolders(folders);
    return work;
  }
  const { plan, seen, rules, watched } = work.value;
  removeStaleTemporaries(request.out);
  removeStaleTemporaries(join(request.out, PRIVATE));
  const { emit, signal, state, sharing } = context;
  const ran = await executeRules(rules, {
    out: request.out,
    jobs: request.jobs,
    keepGoing: request.keepGoing ?? false,
    always: request.always ?? false,
    slots: sharing.slots,
    sharing: sharing.work,
    digests: sharing.digests,
    state,
    seen,
    emit,
    signal,
  });
  if (!ran.ok) {
    // What was finished is remembered; the failure says more than one of writing that down.
    void (await writeState(request.out, state));
    return ran;
  }
  const outputs = reportOutputs(rules, request.out, state);
  if (!outputs.ok) return outputs;
  return ok({
    report: {
      ...describe(plan, outputs.value, rules),
      ran: ran.value.length,
      milliseconds: Math.round(performance.now() - started),
    },
    since,
    watched: watchedPaths(plan, rules, watched, context),
  });
}

type Work = Prepared & { readonly rules: readonly Rule[] };

async function planWork(request: BuildRequest, context: BuildContext): Promise<Result<Work>> {
  const prepared = await prepare(request, context);
  if (!prepared.ok) return prepared;
  const rules = rulesInOrder(buildGraph(prepared.value.plan), request.goals);
  return rules.ok ? ok({ ...prepared.value, rules: rules.value }) : rules;
}

/**
 * The rules that a build would run, and nothing is built. A folder that is not there is not made; where there is one, its private folder may
 * get what was found out about the kernel.
 */
export async function goalsToRun(
  request: BuildRequest,
  context: BuildContext,
): Promise<Result<readonly Rule[]>> {
  if (!isUtf8(request.out)) return err(nameForTools(request.out));
  const folders = newFolders(request.out);
  try {
    const work = await planWork(request, context);
    if (!work.ok) return work;
    const { state, signal } = context;
    const digests = new Digests(request.out, state, signal, work.value.seen);
    return await rulesToRun(work.value.rules, { state, digests, always: request.always ?? false });
  } finally {
    removeFolders(folders);
  }
}

/** Compilers are started with names as text. */
function nameForTools(file: string): Unsupported {
  const detail = "clang and bpftool are given names as text";
  return { reason: "unsupported", what: "an output folder whose name is not UTF-8", detail, file };
}

/** The private folder, if this build is the first to make it, and those around it, from the inside out. */
function newFolders(out: string): readonly string[] {
  const folders: string[] = [];
  for (let at = join(out, PRIVATE); !existsSync(at); at = dirname(at)) folders.push(at);
  return folders;
}

/** A build that has nothing to show leaves nothing. */
function removeFolders([own, ...around]: readonly string[]): void {
  try {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
    for (const folder of around) rmdirSync(folder);
  } catch (error) {
    // Another's file lies there; or the failure that led here says more.
    fileFailed("remove", own ?? "", error);
  }
}

function describe(
  plan: Plan,
  outputs: readonly OutputReport[],
  rules: readonly Rule[],
): Omit<BuildReport, "ran" | "milliseconds"> {
  const made = new Set(rules.flatMap((rule) => rule.outputs));
  return {
    schema: 1,
    out: plan.out,
    arch: plan.arch,
    abi: plan.abi,
    sizes: plan.sizes,
    tools: {
      clang: plan.toolchain.clang.version,
      bpftool: plan.toolchain.bpftool.version,
      libbpf: plan.toolchain.headers.version,
    },
    outputs,
    containers: [...plan.targets.values()]
      .filter((target) => made.has(`${target.name}.bpf`))
      .map((target) => ({
        name: `${target.name}.bpf`,
        sections: placesOf(layersOf(target, plan)).map(({ section, target: { name } }) => ({
          name: section,
          file: `${name}_bytecode.o`,
        })),
        takes: takenBy(layersOf(target, plan)),
      })),
  };
}

function takenBy({ parsers, nested }: ParserLayer): readonly (readonly string[])[] {
  const own = parsers.map(({ name }) => name);
  return nested === undefined ? [own] : [own, ...takenBy(nested)];
}

function reportOutputs(rules: readonly Rule[], out: string, state: State): Result<readonly OutputReport[]> {
  const reports: OutputReport[] = [];
  for (const rule of rules) {
    for (const name of rule.outputs.filter((output) => !output.startsWith(PRIVATE))) {
      const file = join(out, name);
      try {
        const { size } = statSync(file);
        reports.push({ name, size, sha256: state.rules[rule.outputs[0]]?.outputs[name] ?? "" });
      } catch (error) {
        return err(fileFailed("read", file, error));
      }
    }
  }
  return ok(reports);
}

/** Inputs, outputs, tools, and the folders in which another tool might turn up. */
function watchedPaths(
  plan: Plan,
  rules: readonly Rule[],
  passed: readonly string[],
  { state, env, templates }: BuildContext,
): readonly string[] {
  const files = rules.flatMap((rule) => [
    ...rule.outputs,
    ...rule.inputs,
    ...Object.keys(state.rules[rule.outputs[0]]?.found ?? {}),
  ]);
  const { clang, bpftool, headers } = plan.toolchain;
  return [
    ...new Set([
      ...files.map((path) => pathIn(plan.out, path)),
      ...passed,
      clang.path,
      bpftool.path,
      headers.includeDir,
      templates,
      ...[...plan.targets.values()].map((target) => target.file),
      ...(env["PATH"] ?? "").split(delimiter).filter((folder) => folder.startsWith("/")),
    ]),
  ];
}
