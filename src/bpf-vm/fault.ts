/**
 * What ends a program that the verifier should never have let run, or that does not end by itself.
 * A fault is a finding about the program, not an error of the caller: it is part of a run's outcome.
 */
export type FaultReason =
  /** An address below one page. */
  | "null"
  /** An address that belongs to no region and to no gap beside one. */
  | "wild"
  | "out-of-bounds"
  /** A record after submit or discard, a stack frame after its exit, a context after its release. */
  | "use-after-release"
  /** Bytes of the stack or of a record that nothing has written. */
  | "uninitialised"
  | "read-only"
  /** Memory that a program may only hand to helpers, such as the image, a map object or a context. */
  | "no-direct-access"
  /** An atomic operation on an address that its size does not divide. */
  | "misaligned"
  /** A helper or kfunc was called with what its signature does not allow. */
  | "bad-argument"
  /** No helper of this id or kfunc of this name, or an instruction that CO-RE could not relocate. */
  | "unknown-call"
  /** What a kernel may do and this machine does not follow: no finding about the program. */
  | "not-modelled"
  /** More functions inside each other than the kernel lets there be. */
  | "call-depth"
  /** The instruction budget is used up. */
  | "budget"
  /** An instruction of a kind that no program here may contain. */
  | "unsupported";

export type AccessKind = "read" | "write" | "atomic";

/** The memory access that went wrong. */
export type FaultyAccess = {
  readonly kind: AccessKind;
  /** Unsigned 64 bits. */
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
  /** The region that the address belongs to, or lies beside. */
  readonly region?: {
    readonly name: string;
    readonly kind: string;
    /** Of the first byte that was asked for, from the region's start; negative in the gap before it. */
    readonly offset: number;
    /** Bytes. */
    readonly size: number;
  };
};

export type Fault = {
  readonly reason: FaultReason;
  /** The instruction's place in the program, in 8-byte slots. */
  readonly instruction: number;
  /** The helper or kfunc that was at work, where one was. */
  readonly callee?: string;
  readonly access?: FaultyAccess;
  readonly detail: string;
};

/** Carries a fault out of nested execution; it never leaves the executor. */
export class FaultSignal extends Error {
  readonly fault: Omit<Fault, "instruction">;

  constructor(fault: Omit<Fault, "instruction">) {
    super(fault.detail);
    this.fault = fault;
  }
}
