import type { Failure } from "#core/failure.ts";
import { exitCode } from "./exit-code.ts";
import { failureJson } from "./failure-json.ts";
import { failureText } from "./failure-text.ts";
import type { Io } from "./io.ts";

/** Ends a command with a failure: says it on stderr, and on stdout where JSON is asked for. Gives the exit status. */
export function report(io: Pick<Io, "stdout" | "stderr" | "json">, failure: Failure): number {
  const status = tell(io, failure);
  if (io.json) io.stdout(`${JSON.stringify(failureJson(failure))}\n`);
  return status;
}

/** Words that no command understands. yargs tells them in several lines. */
export function reportUsage(io: Io, detail: string): number {
  const status = report(io, { reason: "usage", detail: detail.replaceAll(/\s*\n\s*/g, " ") });
  io.stderr("kexec-bpf --help shows what there is\n");
  return status;
}

/**
 * On stderr alone: of a command that goes on, and has the failure in its own JSON. Gives the exit status. A reader that has gone away is
 * no news.
 */
export function tell({ stderr }: Pick<Io, "stderr">, failure: Failure): number {
  const quiet = failure.reason === "cancelled" && failure.signal === "SIGPIPE";
  if (!quiet) stderr(`kexec-bpf: ${failureText(failure)}\n`);
  return exitCode(failure);
}
