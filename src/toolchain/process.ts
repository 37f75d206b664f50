import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import type { Options, Result as ToolExit } from "execa";
import { errnoText } from "#core/errno-text.ts";
import type { Cancelled, Failure, ToolFailed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { shellCommand } from "./command-line.ts";
import { toolEnvironment } from "./environment.ts";
import { GUARDIAN_SCRIPT, Guardian, OWNER, OWNER_VARIABLE } from "./guardian.ts";
import { openGroup } from "./process-group.ts";
import { type FileLimit, firstTooLarge, TIME_VARIABLE, toolTime, watchFiles } from "./tool-limits.ts";

export type ToolRun = {
  /** The tool's name as failures show it: `clang`. */
  readonly tool: string;
  /** A path, or a name to be found on PATH. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to what tools see of this process's own environment (`environment.ts`). */
  readonly env?: Readonly<Record<string, string>>;
  /** What the tool reads on stdin; without it, stdin is empty. */
  readonly input?: string | Uint8Array;
  /**
   * Where the tool's stdout goes, without passing through this process. An existing file is replaced.
   * The file is removed when the tool fails, so that nobody takes half of it for the whole.
   */
  readonly stdoutFile?: string;
  /** Files that the tool writes by itself, and how large they may become. */
  readonly fileLimits?: readonly FileLimit[];
  readonly signal?: AbortSignal;
  /** In milliseconds. Default: what `KEXEC_BPF_TOOL_TIMEOUT` says, ten minutes without it. */
  readonly timeout?: number;
};

export type ToolOutput = {
  /** Empty where `stdoutFile` was given. At most `OUTPUT_LIMIT` bytes. */
  readonly stdout: Uint8Array;
  readonly stderr: string;
};

/** More output than this, in bytes, on stdout or stderr ends the tool. execa makes a message of it that is six times as long. */
const OUTPUT_LIMIT = 4_000_000;
/** The same in `stdoutFile`. */
const FILE_LIMIT = 100_000_000;

/** Of the log of a tool that wrote too much, so many characters are kept. */
const LOG_LIMIT = 2000;

/** Time to read what an ended tool still has in its pipes, in milliseconds. */
const DRAIN_TIME = 100;

/**
 * Runs a tool to its end, in a process group that ends with it: on success, on failure, on abort, on
 * timeout, on too much output, and when this process itself ends, by SIGKILL too.
 *
 * @returns `tool-failed` for an exit status other than 0, a signal, a limit of time or output, or a file that cannot be
 *   started; `tool-missing` where there is no such file; `cancelled` for an abort or an interrupt;
 *   `file-failed` where `stdoutFile` cannot be opened
 */
export async function runTool(run: ToolRun): Promise<Result<ToolOutput>> {
  if (run.signal?.aborted) return err(cancelled(run.signal));
  let stdout: number | undefined;
  if (run.stdoutFile !== undefined) {
    try {
      stdout = openSync(run.stdoutFile, "w");
    } catch (error) {
      return err(fileFailed("open", run.stdoutFile, error));
    }
  }
  const result = await runInGroup(run, stdout).finally(() => {
    if (stdout !== undefined) closeSync(stdout);
  });
  if (!result.ok && run.stdoutFile !== undefined) rmSync(run.stdoutFile, { force: true });
  return result;
}

/**
 * Loads what runs tools: it takes longer than many a command of this program, and most runs find all up
 * to date. Whoever knows that tools will run may call it ahead of them.
 */
export function loadTools(): Promise<typeof import("execa")> {
  return import("execa");
}

/** What made us end the tool, as opposed to its own end. */
type Ending =
  | { readonly by: "signal"; readonly signal: string }
  | { readonly by: "abort" }
  | { readonly by: "timeout"; readonly milliseconds: number }
  | { readonly by: "output"; readonly limit: FileLimit };

let guardian: Guardian | undefined;

/** The process that ends tools when this one cannot. One for all tools, started with the first. */
async function startGuardian(): Promise<void> {
  const { execa } = await loadTools();
  if (guardian?.isThere) return;
  const child = execa("/bin/sh", ["-c", GUARDIAN_SCRIPT, `${OWNER_VARIABLE}=${OWNER}`], {
    ...{ stdin: "pipe", stdout: "ignore", stderr: "ignore" },
    // Out of the reach of the terminal's signals, and not to be ended with this process: it ends by itself.
    ...{ detached: true, cleanup: false, reject: false, cwd: "/", env: {}, extendEnv: false },
  });
  child.unref();
  // A socket, which the type does not say: it must not keep this process from ending.
  if (child.stdin instanceof Socket) child.stdin.unref();
  guardian = new Guardian(child.stdin);
}

async function runInGroup(run: ToolRun, stdoutFd: number | undefined): Promise<Result<ToolOutput>> {
  const time = run.timeout === undefined ? toolTime(process.env) : ok(run.timeout);
  if (!time.ok) return time;
  const { execa } = await loadTools();
  await startGuardian();
  // An abort during the waits above must not start anything.
  if (run.signal?.aborted) return err(cancelled(run.signal));

  let ending: Ending | undefined;
  const group = openGroup((signal) => {
    ending ??= { by: "signal", signal };
  });
  const child = execa(run.file, run.args, childOptions(run, stdoutFd));
  if (child.pid !== undefined) group.start(child.pid);
  let exited = false;
  // A daemon that left the group may hold the pipes open for ever; what it writes is not waited for.
  const letGo = () => {
    setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, DRAIN_TIME).unref();
  };
  const end = (why: Ending) => {
    ending ??= why;
    if (exited) letGo();
    else void group.end();
  };
  const onAbort = () => end({ by: "abort" });
  const timer = setTimeout(end, time.value, { by: "timeout", milliseconds: time.value });
  const stopWatching = watchFiles(fileLimitsOf(run), (limit) => end({ by: "output", limit }));
  run.signal?.addEventListener("abort", onAbort, { once: true });
  // `exit`, not `close`: the latter waits for everyone who holds the pipes, grandchildren included.
  child.once("exit", () => {
    exited = true;
    group.release();
    if (ending !== undefined) letGo();
  });
  const result = await child;
  clearTimeout(timer);
  stopWatching();
  run.signal?.removeEventListener("abort", onAbort);
  // Where nothing was started, there was no exit.
  group.release();
  return outcomeOf(run, result, ending);
}

function childOptions(run: ToolRun, stdoutFd: number | undefined) {
  return {
    ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
    env: { ...toolEnvironment(process.env), ...run.env, [OWNER_VARIABLE]: OWNER },
    extendEnv: false,
    ...(run.input === undefined ? { stdin: "ignore" as const } : { input: run.input }),
    // Any open descriptor goes; execa's type lists those that a shell can name.
    stdout: (stdoutFd as 3 | undefined) ?? "pipe",
    encoding: "buffer",
    stripFinalNewline: false,
    maxBuffer: OUTPUT_LIMIT,
    // The leader of a new group, and of a new session: no tool may read from the user's terminal.
    detached: true,
    reject: false,
  } satisfies Options;
}

function fileLimitsOf({ stdoutFile, fileLimits = [] }: ToolRun): readonly FileLimit[] {
  return stdoutFile === undefined ? fileLimits : [{ file: stdoutFile, bytes: FILE_LIMIT }, ...fileLimits];
}

/** What a tool's end comes to: its output, or the failure that says why there is none. */
function outcomeOf(
  run: ToolRun,
  exit: ToolExit<ReturnType<typeof childOptions>>,
  ending: Ending | undefined,
): Result<ToolOutput> {
  const stderr = text(exit.stderr);
  if (ending?.by === "abort" && run.signal !== undefined) return err(cancelled(run.signal));
  if (ending?.by === "signal") return err({ reason: "cancelled", signal: ending.signal });
  const tooLarge = ending?.by === "output" ? ending.limit : firstTooLarge(fileLimitsOf(run));
  if (ending === undefined && exit.exitCode === 0 && !exit.failed && tooLarge === undefined) {
    return ok({ stdout: bytes(exit.stdout), stderr });
  }
  const failed = (ended: string, log: string, more: Partial<ToolFailed> = {}): Result<never> =>
    err({ ...toolFailed(run, ended, log), ...more });
  // Some tools complain on stdout, bpftool with -j among them.
  const log = stderr.trim() === "" && run.stdoutFile === undefined ? text(exit.stdout) : stderr;
  if (ending?.by === "timeout") {
    const variable = run.timeout === undefined ? { variable: TIME_VARIABLE } : {};
    return failed(`no end after ${ending.milliseconds / 1000} s`, log, { limit: "time", ...variable });
  }
  if (tooLarge !== undefined || exit.isMaxBuffer) {
    const most = tooLarge?.bytes ?? OUTPUT_LIMIT;
    return failed(`more than ${most} bytes of output`, log.slice(0, LOG_LIMIT), { limit: "output" });
  }
  if (exit.signal !== undefined) return failed(`signal ${exit.signal}`, log);
  if (exit.exitCode !== undefined) return failed(`exit status ${exit.exitCode}`, log);
  return err(notStarted(run, exit.code ?? "unknown error", exit.originalMessage ?? ""));
}

/** ENOENT stands for three things: no such tool, no such working folder, no such interpreter (`#!`). */
function notStarted(run: ToolRun, code: string, message: string): Failure {
  const folderExists = run.cwd === undefined || existsSync(run.cwd);
  const fileExists = run.file.includes("/") && existsSync(run.file);
  if (code === "ENOENT" && folderExists && !fileExists) {
    return { reason: "tool-missing", tool: run.tool, tried: [run.file] };
  }
  const why = !folderExists ? `there is no folder ${run.cwd}` : message;
  return toolFailed(run, `not started: ${errnoText(code)}`, why);
}

function toolFailed(run: ToolRun, ended: string, log: string): ToolFailed {
  const command = shellCommand(run.file, run.args, run.stdoutFile);
  return { reason: "tool-failed", tool: run.tool, command, ended, log };
}

/** An AbortController's owner may say which signal it stands for: `controller.abort("SIGINT")`. */
export function cancelled(signal: AbortSignal): Cancelled {
  return { reason: "cancelled", signal: typeof signal.reason === "string" ? signal.reason : "abort" };
}

const bytes = (output: unknown): Uint8Array => (output instanceof Uint8Array ? output : new Uint8Array());
const text = (output: unknown): string => new TextDecoder().decode(bytes(output));
