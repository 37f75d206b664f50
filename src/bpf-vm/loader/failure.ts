import { Errno, errnoName } from "#bpf-vm/errno.ts";
import type { Fault } from "#bpf-vm/fault.ts";
import type { Malformed, MissingArray, NotLoaded, Unsupported } from "#core/failure.ts";
import { unreachable } from "#core/unreachable.ts";

/** Why a program could not be loaded. `program` names it in its file: a container's `.bpf.1`. */
export type LoadFailure =
  | Malformed
  | MissingArray
  | Unsupported
  /** The kernel would answer a system call, or the loader program itself ends, with an errno. */
  | {
      readonly reason: "load-refused";
      /** Positive. */
      readonly errno: number;
      /** What the calls that failed had to say, the last one last. */
      readonly details: readonly string[];
      readonly program?: string;
    }
  /** The loader program did what no program may do. */
  | { readonly reason: "loader-faulted"; readonly fault: Fault; readonly program?: string }
  /** A kernel may load it; this machine does not follow it. */
  | { readonly reason: "not-modelled"; readonly detail: string; readonly program?: string }
  /** It ended well, but loaded no program where one is expected. */
  | { readonly reason: "nothing-loaded"; readonly detail: string; readonly program?: string };

/** Whether it was refused for a function, a tracepoint or a symbol that the target does not have. */
export function lacksNames(failure: LoadFailure): boolean {
  return failure.reason === "load-refused" && failure.errno === Errno.ENOENT;
}

/** The same for the catalogue of failures, which knows nothing of machines. */
export function asFailure(failure: LoadFailure): Malformed | MissingArray | NotLoaded | Unsupported {
  switch (failure.reason) {
    case "malformed":
    case "missing-array":
    case "unsupported":
      return failure;
    case "load-refused":
      return notLoaded(failure, `the kernel refuses it: ${errnoName(failure.errno)}`, failure.details);
    case "loader-faulted": {
      const { instruction, reason, detail } = failure.fault;
      if (reason === "not-modelled") return notLoaded(failure, NOT_MODELLED, [detail]);
      return notLoaded(failure, `its loader program, instruction ${instruction}: ${reason}`, [detail]);
    }
    case "not-modelled":
      return notLoaded(failure, NOT_MODELLED, [failure.detail]);
    case "nothing-loaded":
      return notLoaded(failure, failure.detail, []);
    default:
      return unreachable(failure);
  }
}

function notLoaded({ program }: { readonly program?: string }, detail: string, causes: readonly string[]) {
  return {
    reason: "not-loaded",
    ...(program !== undefined && { program }),
    detail,
    causes,
  } satisfies NotLoaded;
}

/** Words that no kernel's refusal has. */
const NOT_MODELLED = "it does what is not modelled here; a kernel may load it";

/** Ends a load of which a kernel may make more than this machine does. */
export class NotModelled extends Error {}

/** Ends a system call with a negative errno and a sentence for the log. */
export class Refusal extends Error {
  readonly errno: number;

  constructor(errno: number, detail: string) {
    super(detail);
    this.errno = errno;
  }
}
