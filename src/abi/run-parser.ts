import type { Result } from "#core/result.ts";
import type { Command } from "./command.ts";
import type { PerPart } from "./parts.ts";
import type { Revision } from "./revisions.ts";

/** What the kernel's loader has when it calls one parser: the parts that earlier ones made, as the context shows them, and */
export type ParserStage = PerPart<Uint8Array | undefined> & {
  readonly revision: Revision;
  /** The container's layer, or v6's round, from 1. */
  readonly layer: number;
  /** The section with the bytecode: `.bpf.1`, `.bpf`. */
  readonly program: string;
  /** v7: `parsing_buf`, at least one. v6: the image alone. The parser works on the first. */
  readonly buffers: readonly [Uint8Array, ...Uint8Array[]];
};

/**
 * Finds out what a parser sends for a stage: by a BPF machine, a real kernel or the reference.
 * The kernel model is handed one of these, so that it never knows how a stream came about.
 *
 * @param object the bytecode object, whose two arrays have been found already
 * @returns the whole stream as sent to a kernel that takes everything; a failure where nothing was sent
 */
export type RunParser = (object: Uint8Array, stage: ParserStage) => Promise<Result<readonly Command[]>>;
