import type { Failure } from "#core/failure.ts";
import { exitCode } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "./io.ts";

/** Says a failure on stderr and gives the exit status for it. A reader that has gone away is no news. */
export function report({ stderr }: Pick<Io, "stderr">, failure: Failure): number {
  const quiet = failure.reason === "cancelled" && failure.signal === "SIGPIPE";
  if (!quiet) stderr(`kexec-bpf: ${failureText(failure)}\n`);
  return exitCode(failure);
}
