import { readerGone } from "#files/deliver.ts";
import { Outlet } from "#files/outlet.ts";
import { EXIT, exitCode } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { tell } from "#report/report-failure.ts";

/**
 * Runs `work` on this process's own streams and signals, and makes what it returns the exit status.
 *
 * A reader of stdout that goes away (`| head`) interrupts the work as SIGPIPE would, quietly. What else stdout says no to
 * (`> /dev/full`) lets the work come to its end, is told once, and makes the status 1. What stderr says no to is not told: nobody reads it.
 * A descriptor that is closed when the program starts is /dev/null to it: Node opens that, so that no file gets the number.
 */
export async function onOwnProcess(work: (io: Io) => number | Promise<number>): Promise<void> {
  // Made when somebody asks, as all that takes time to load: most runs do not.
  let interrupt: AbortController | undefined;
  let listening = false;
  const stdout = Outlet.on(1, "stdout");
  const stderr = Outlet.on(2, "stderr");
  const status = await work({
    stdout: (text) => {
      stdout.push(Buffer.from(text));
      if (stdout.failure?.code === "EPIPE") {
        interrupt ??= new AbortController();
        interrupt.abort("SIGPIPE");
      }
    },
    stderr: (text) => {
      if (stdout.failure?.code !== "EPIPE") stderr.push(Buffer.from(text));
    },
    env: process.env,
    cwd: process.cwd(),
    terminal: {
      get stdout() {
        return isTerminal(1);
      },
      get stderr() {
        return isTerminal(2);
      },
    },
    get columns() {
      return isTerminal(1) ? process.stdout.columns : 80;
    },
    get signal() {
      interrupt ??= new AbortController();
      if (!listening) listenTo(interrupt);
      listening = true;
      return interrupt.signal;
    },
  });
  const told = await stdout.drained(interrupt?.signal);
  process.exitCode = told.ok ? status : untold(status, readerGone(told.failure), stderr);
  // What stderr did not take can be told nowhere.
  void (await stderr.drained(interrupt?.signal));
}

/** Loading node:tty takes two milliseconds, which most runs have no use for. */
function isTerminal(descriptor: number): boolean {
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** The exit status where stdout did not take everything. */
function untold(status: number, failure: ReturnType<typeof readerGone>, stderr: Outlet): number {
  if (failure.reason === "cancelled") return exitCode(failure);
  tell({ stderr: (text) => stderr.push(Buffer.from(text)) }, failure);
  return status === EXIT.ok ? EXIT.failed : status;
}

/** Listens to signals from now on. A command that does not ask for it has nothing to tidy up, and ends as processes do. */
function listenTo(interrupt: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Not `once`: whoever else listens (toolchain/process-group.ts) must see that this process is not to die.
    process.on(signal, () => interrupt.abort(signal));
  }
}
