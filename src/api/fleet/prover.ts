import type { Context } from "#api/context.ts";
import type { Result } from "#core/result.ts";

export type Proof = {
  readonly proven: boolean;
  /** The certificate's file, relative to the kernel's folder. */
  readonly certificate: string;
};

/**
 * Proves that a built parser is right for all images.
 *
 * @param container its file, absolute
 */
export type Prover = (container: string, context: Context) => Promise<Result<Proof>>;

/** Undefined in a version that proves nothing: a fleet that asks for proofs is then refused. */
export const PROVER: Prover | undefined = undefined as Prover | undefined;
