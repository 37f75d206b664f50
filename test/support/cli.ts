import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "#cli/run.ts";
import { cacheFolder } from "#toolchain/settings.ts";
import { sharedFolder } from "./shared.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export type Outcome = { readonly status: number; readonly stdout: string; readonly stderr: string };

/**
 * The environment that every run begins with: none of the variables that steer a build, and a cache of
 * the run's own, so that the tests' fake tools do not crowd the user's. bpftool may be in the user's cache.
 */
export const ENVIRONMENT: Environment = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  BPFTOOL: process.env["BPFTOOL"],
  KEXEC_BPF_CACHE: privateCache(),
};

function privateCache(): string {
  return sharedFolder("cache", (folder) => {
    symlinkSync(join(cacheFolder(process.env), "tools"), join(folder, "tools"));
  });
}

export type CallOptions = {
  readonly cwd: string;
  readonly env?: Environment;
  /** Whether stdout is a terminal. */
  readonly terminal?: boolean;
};

/** Runs `kexec-bpf` in this process. */
export async function cli(argv: readonly string[], options: CallOptions): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const status = await run(argv, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    env: { ...ENVIRONMENT, ...options.env },
    cwd: options.cwd,
    terminal: { stdout: options.terminal ?? false, stderr: options.terminal ?? false },
    columns: 80,
    signal: new AbortController().signal,
  });
  return { status, stdout, stderr };
}

/** The same; throws the program's words where it fails. */
export async function cliOk(argv: readonly string[], options: CallOptions): Promise<Outcome> {
  const outcome = await cli(argv, options);
  if (outcome.status !== 0)
    throw new Error(`${argv.join(" ")}: exit status ${outcome.status}\n${outcome.stderr}`);
  return outcome;
}

/** A process of the program. */
export type Started = {
  readonly kill: (signal: NodeJS.Signals) => void;
  /** `status` is -1 where a signal ended it. */
  readonly ended: Promise<Outcome & { readonly signal: NodeJS.Signals | null }>;
};

/** Starts `bin/kexec-bpf` as a process, bundled from the sources as they are now. */
export function start(argv: readonly string[], options: CallOptions): Started {
  const child = spawn(process.execPath, [programFile(), ...argv], {
    cwd: options.cwd,
    env: { ...ENVIRONMENT, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return {
    kill: (signal) => child.kill(signal),
    ended: new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ status: code ?? -1, signal, stdout, stderr }));
    }),
  };
}

export function runProgram(argv: readonly string[], options: CallOptions): Started["ended"] {
  return start(argv, options).ended;
}

/** `bin/kexec-bpf` of a package of its own, so that the checkout's `dist/` is neither needed nor touched. */
export function programFile(): string {
  const copy = sharedFolder("package", (folder) => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    for (const name of ["src", "templates", "node_modules", "package.json"]) {
      symlinkSync(join(root, name), join(folder, name));
    }
    mkdirSync(join(folder, "scripts"));
    for (const name of [
      "bundle.mjs",
      "page-bundle.mjs",
      "code-cache.cjs",
      "precompiled-templates.mjs",
      "rehearsal.mjs",
    ])
      cpSync(join(root, "scripts", name), join(folder, "scripts", name));
    cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
    execFileSync(process.execPath, [join(folder, "scripts/bundle.mjs")]);
  });
  return join(copy, "bin/kexec-bpf");
}
