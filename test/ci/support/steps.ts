import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENVIRONMENT } from "../../support/cli.ts";

type Words = Readonly<Record<string, string>>;

/** A step as action.yml has it: a script, or the use of another action. */
export type Step = {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly shell?: string;
  readonly env?: Words;
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Words;
};

export type Action = {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
};

/** What came of an action's steps. */
export type Ended = {
  readonly status: number;
  /** Of all steps. */
  readonly stdout: string;
  readonly stderr: string;
  /** The names of the steps that ran or, where they use an action, would have. */
  readonly ran: readonly string[];
  readonly outputs: Words;
  readonly summary: string;
};

/** Runs an action's steps as GitHub's runner does: scripts by bash, inputs and outputs by its expressions and files. */
export function runAction(
  { inputs, outputs, runs }: Action,
  given: Words,
  { cwd, env }: { readonly cwd: string; readonly env: Words },
): Ended {
  const files = mkdtempSync(join(tmpdir(), "kexec-bpf-step-"));
  const [summary, output] = [join(files, "summary.md"), join(files, "output")];
  writeFileSync(summary, "");
  const known: Record<string, string> = {};
  for (const [name, input] of Object.entries(inputs)) known[`inputs.${name}`] = given[name] ?? input.default;
  const ended = { status: 0, stdout: "", stderr: "", ran: [] as string[] };
  for (const step of runs.steps) {
    if (!holds(step.if ?? "", known, ended.status)) continue;
    ended.ran.push(step.name);
    if (step.run === undefined) continue;
    writeFileSync(output, "");
    const script = join(files, "script.sh");
    writeFileSync(script, step.run);
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, filledIn(value, known)]);
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["--noprofile", "--norc", "-eo", "pipefail", script],
      {
        cwd,
        encoding: "utf8",
        env: {
          ...ENVIRONMENT,
          ...env,
          ...Object.fromEntries(own),
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
        },
      },
    );
    ended.status ||= status ?? -1;
    ended.stdout += stdout;
    ended.stderr += stderr;
    for (const [name, value] of outputsOf(readFileSync(output, "utf8")))
      known[`steps.${step.id}.outputs.${name}`] = value;
  }
  const made = Object.entries(outputs).map(([name, { value }]) => [name, filledIn(value, known)]);
  return { ...ended, outputs: Object.fromEntries(made), summary: readFileSync(summary, "utf8") };
}

/** `always()`, and comparisons with words, joined by `&&`; a step without `always()` needs all before it to have gone well. */
function holds(condition: string, known: Words, status: number): boolean {
  const terms = condition === "" ? [] : condition.split(" && ");
  return (
    (status === 0 || terms.includes("always()")) &&
    terms.every((term) => {
      if (term === "always()") return true;
      const [, name = "", how, word] = /^([\w.-]+) (==|!=) '([^']*)'$/.exec(term) ?? [];
      if (how === undefined) throw new Error(`what does this mean: ${term}`);
      return ((known[name] ?? "") === word) === (how === "==");
    })
  );
}

function filledIn(text: string, known: Words): string {
  return text.replace(/\$\{\{ ([\w.-]+) \}\}/g, (_, name: string) => known[name] ?? "");
}

/** `NAME=VALUE`, and `NAME<<END` with lines up to END. */
function outputsOf(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(/^([\w-]+)(?:=(.*)|<<(.+)\n([\s\S]*?)\n\3)$/gm)].map(
    ([, name = "", value, , lines = ""]) => [name, value ?? lines],
  );
}
