import type { Io } from "./io.ts";

/** Runs `work` on this process's own streams and signals, and makes what it returns the exit status. */
export async function onOwnProcess(work: (io: Io) => Promise<number>): Promise<void> {
  // A reader that goes away (`| head`) is no error of ours; there is nothing left to say to it.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  let interrupted: AbortSignal | undefined;
  process.exitCode = await work({
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    terminal: {
      stdout: process.stdout.isTTY === true,
      // Opened when somebody asks: that takes a millisecond, and most have nothing to say there.
      get stderr() {
        return process.stderr.isTTY === true;
      },
    },
    columns: process.stdout.columns ?? 80,
    get signal() {
      interrupted ??= interruptSignal();
      return interrupted;
    },
  });
}

/** Listens to signals from now on. A command that does not ask for it has nothing to tidy up, and ends as processes do. */
function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Not `once`: whoever else listens (toolchain/process-group.ts) must see that this process is not to die.
    process.on(signal, () => interrupt.abort(signal));
  }
  return interrupt.signal;
}
