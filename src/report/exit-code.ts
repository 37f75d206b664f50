import type { Failure } from "#core/failure.ts";
import { unreachable } from "#core/unreachable.ts";

/** Exit statuses of the program, as the README documents them. */
export const EXIT = {
  ok: 0,
  /** A check failed, a tool failed, or an input is no good. */
  failed: 1,
  usage: 2,
  /** A tool is missing or too old: `kexec-bpf doctor` says what to do. */
  tools: 3,
  /** Interrupted: 128 and SIGINT's number, as shells have it; of other signals, theirs. */
  cancelled: 130,
} as const;

const OTHER_SIGNALS: Readonly<Record<string, number>> = { SIGTERM: 143, SIGHUP: 129, SIGPIPE: 141 };

export function exitCode(failure: Failure): number {
  switch (failure.reason) {
    case "usage":
    case "unknown-goal":
      return EXIT.usage;
    case "tool-missing":
    case "tool-too-old":
      return EXIT.tools;
    case "cancelled":
      return OTHER_SIGNALS[failure.signal] ?? EXIT.cancelled;
    case "malformed":
    case "unsupported":
    case "abi-mismatch":
    case "skeleton-mismatch":
    case "missing-array":
    case "tool-failed":
    case "input-not-found":
    case "file-failed":
    case "size-exceeded":
    case "not-decomposed":
    case "not-loaded":
    case "parser-misbehaved":
    case "guest-failed":
    case "not-booted":
    case "signature-failed":
    case "bad-target":
    case "bad-fleet":
    case "bad-reference":
    case "not-proven":
      return EXIT.failed;
    default:
      return unreachable(failure);
  }
}
