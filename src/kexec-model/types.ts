import type { PerPart } from "#abi/parts.ts";
import type { RunParser } from "#abi/run-parser.ts";
import type { Failure } from "#core/failure.ts";

export type DecomposeInput =
  /** v6 carries its parsers in the image. */
  | { readonly revision: "v6"; readonly image: Uint8Array; readonly runParser: RunParser }
  | {
      readonly revision: "v7";
      /** A `.bpf` container, signed or not. */
      readonly container: Uint8Array;
      readonly image: Uint8Array;
      readonly runParser: RunParser;
    };

/** What the rest of kexec_file_load() gets to work with. v7: all parts are there, and the command line ends in a NUL. */
export type Decomposed = PerPart<Uint8Array | undefined> & {
  readonly kernel: Uint8Array;
  /** Every parser that was run or could not be, in order. */
  readonly attempts: readonly Attempt[];
};

export type Attempt = {
  readonly layer: number;
  readonly program: string;
  /** Why the loader went on to the next program, or what it refused behind a DONE; undefined where all went well. */
  readonly failure: Failure | undefined;
};
