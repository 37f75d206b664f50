import type { Failure } from "#core/failure.ts";
import { exitCode } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "./io.ts";

/** Says a failure on stderr and gives the exit status for it. */
export function report(io: Io, failure: Failure): number {
  io.stderr(`kexec-bpf: ${failureText(failure)}\n`);
  return exitCode(failure);
}
