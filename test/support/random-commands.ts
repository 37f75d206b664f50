/**
 * Seeded inputs for whole commands, run in this process, and what must hold for each: a short run is in `npm test`, a long one is
 * `npm run bench:random -- --commands 100000`. A case depends on its seed and its number alone.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "#cli/run.ts";
import type { Io } from "#report/io.ts";
import { RandomSource, randomCase } from "./random-cases.ts";

export type CommandCase = {
  /** Behind the program's name; files are named from the folder that the command runs in. */
  readonly argv: readonly string[];
  readonly files: Readonly<Record<string, Uint8Array>>;
};

export type CommandOutcome = {
  readonly status: number | undefined;
  /** In words: an exception, a status that no document knows, something left behind, JSON that is none. */
  readonly problems: readonly string[];
};

/** `a` and `b` are mutated files, `out` is for what is written. */
const COMMANDS: readonly [string, ...string[]] = [
  "inspect a",
  "inspect a --json",
  "inspect a --no-hashes",
  "inspect a --limit 100 --json",
  "extract a -o out/x",
  "extract a -o out/x --json",
  "decompose a b -o out/parts",
  "decompose a b -o out/parts --reference --json",
  "decompose a b -o out/parts --reference --abi v6",
  "stream show a",
  "stream show a --json",
  "stream diff a b",
  "stream diff a b --effect --json",
  "stream reference a -o out/x.kbs",
  "stream reference a -o out/x.kbs --abi v6",
  "disasm a",
  "disasm a --json",
  "disasm a --loader",
  "disasm a --raw",
  "disasm a --no-load",
  "disasm a --btf b",
  "verify a --image b",
  "verify a --image b --json",
  "verify a --image b --btf a",
  "check a",
  "check a --inputs --json",
  "unpack a -o out/parts",
  "unpack a -o out/parts --json",
  "pack envelope a b words -o out/x",
  "pack envelope a b @b -o out/x --force --arch arm64",
  "pack pe a b -o out/x",
  "pack pe a b -o out/x --replace --certificates keep",
  "pack container --section .bpf.1=a --section .bpf.nested=b -o out/x",
  "pack zboot a --compress gzip -o out/x",
  "pack zboot a --compress lzma --stub b -o out/x",
  "pack uki --linux a --initrd b --cmdline words -o out/x",
  "pack uki --linux a --cmdline words --stub b -o out/x",
  "corpus --from a -o out/cases",
  "corpus --from a --abi v6 -o out/cases --json",
  "fuzz a --image b --runs 20 --workers 1 --corpus out/fuzz --json",
  "verify-signature a --cert b --json",
  "sign a --key b --cert a -o out/x",
  "build zboot --vmlinux a --image b -o out/x",
  "make uki VMLINUX=a IMAGE=b O=out/x",
];

/** A file can be good or bad, a tool missing; the words are right. */
const KNOWN: ReadonlySet<number> = new Set([0, 1, 3]);

/** As make does, these keep what was finished before something failed. */
const KEEPING: ReadonlySet<string> = new Set(["build", "make"]);

/** Nothing is made of a small file that is larger than this, in bytes. */
const LARGEST_OUTPUT = 16 * 1024 * 1024;

export function commandCase(seed: number, index: number): CommandCase {
  const random = new RandomSource(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77));
  const words = random.pick(COMMANDS).split(" ");
  const [a, b] = [randomCase(seed, 2 * index), randomCase(seed, 2 * index + 1)];
  return { argv: words, files: { a, b } };
}

/** Runs a case in a folder, which is empty before and afterwards. Tools are found by the environment's PATH: none without it. */
export async function runCommandCase(
  { argv, files }: CommandCase,
  folder: string,
  env: Io["env"] = {},
): Promise<CommandOutcome> {
  mkdirSync(join(folder, "out"), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const printed = { stdout: "", stderr: "" };
  try {
    const status = await run(argv, worldOf(folder, env, printed));
    return { status, problems: problemsOf(argv, status, printed, folder) };
  } catch (error) {
    return {
      status: undefined,
      problems: [`throws ${error instanceof Error ? error.stack : String(error)}`],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function worldOf(cwd: string, env: Io["env"], printed: { stdout: string; stderr: string }): Io {
  return {
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    env,
    cwd,
    terminal: { stdout: false, stderr: false },
    columns: 80,
    signal: new AbortController().signal,
  };
}

function problemsOf(
  argv: readonly string[],
  status: number,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
  folder: string,
): readonly string[] {
  const problems: string[] = [];
  if (!KNOWN.has(status)) problems.push(`exit status ${status}`);
  if (status !== 0 && stdout === "" && stderr === "") problems.push(`exit status ${status} without a word`);
  if (/(?![\t\n])\p{Cc}/u.test(stdout + stderr)) problems.push("a control character is printed");
  if (argv.includes("--json") && stdout !== "" && !isJson(stdout)) problems.push(`no JSON: ${stdout}`);
  const left = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true });
  const names = left.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const written = names.filter((name) => !["a", "b"].includes(name.slice(folder.length + 1)));
  const outside = written.filter(
    (name) => !name.startsWith(join(folder, "out/")) || name.endsWith(".kexec-bpf"),
  );
  if (outside.length > 0) problems.push(`left behind: ${outside.join(" ")}`);
  if (status !== 0 && written.length > 0 && !KEEPING.has(argv[0] ?? ""))
    problems.push(`exit status ${status}, and written: ${written.join(" ")}`);
  for (const name of written) {
    const { size } = statSync(name);
    if (size > LARGEST_OUTPUT) problems.push(`${name} has ${size} bytes`);
  }
  return problems;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
