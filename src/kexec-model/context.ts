import { type PerPart, perPart } from "#abi/parts.ts";
import type { Layer } from "#core/failure.ts";

/** What the loader's `struct kexec_context` holds between two commands. */
export type KernelContext = PerPart<Uint8Array | undefined> & {
  /** v7: a DONE has come. */
  readonly parsed: boolean;
  /** v7: what commands with FILL have queued for the next layer (`next_parsing_buf`), at most 16. */
  readonly queued: readonly Uint8Array[];
  /** For failures: the streams that the kernel and what is queued were decompressed from, where they were. */
  readonly layers: ReadonlyMap<Uint8Array, Layer>;
};

/** The parts alone. */
export function partsOf(context: KernelContext): PerPart<Uint8Array | undefined> {
  return perPart(({ name }) => context[name]);
}

/** Buffers that `next_parsing_buf` has room for. */
export const MAX_QUEUED = 16;

export const EMPTY_CONTEXT: KernelContext = {
  ...perPart(() => undefined),
  parsed: false,
  queued: [],
  layers: new Map(),
};
