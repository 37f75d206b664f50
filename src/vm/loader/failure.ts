import type { Malformed } from "#core/failure.ts";
import type { Fault } from "#vm/fault.ts";

/** Why a program could not be loaded. */
export type LoadFailure =
  | Malformed
  /** The kernel would answer a system call, or the loader program itself ends, with an errno. */
  | {
      readonly reason: "load-refused";
      /** Positive. */
      readonly errno: number;
      /** What the calls that failed had to say, the last one last. */
      readonly details: readonly string[];
    }
  /** The loader program did what no program may do. */
  | { readonly reason: "loader-faulted"; readonly fault: Fault }
  /** It ended well, but loaded no program where one is expected. */
  | { readonly reason: "nothing-loaded"; readonly detail: string };

/** Ends a system call with a negative errno and a sentence for the log. */
export class Refusal extends Error {
  readonly errno: number;

  constructor(errno: number, detail: string) {
    super(detail);
    this.errno = errno;
  }
}
