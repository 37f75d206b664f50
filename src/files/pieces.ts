import type { Hash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";
import type { InputFile } from "./input-file.ts";
import { removeStaleTemporaries, replaceFile } from "./output.ts";

/** A stretch of a file that is made of others: bytes at hand, or a range of a file. */
export type Piece = Uint8Array | FileRange;

export type FileRange = { readonly from: InputFile; readonly offset: number; readonly length: number };

export type WriteOptions = {
  /** Whether to tell SHA-256 sums. */
  readonly digests: boolean;
  /** Ends the writing, which then fails with `cancelled`. */
  readonly signal: AbortSignal;
  /** Called from time to time, and at the end, with the bytes written and all there are. */
  readonly progress?: (done: number, total: number) => void;
};

export type Written = {
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal: of the whole, and of each piece. */
  readonly digests?: { readonly whole: string; readonly pieces: readonly string[] };
};

/** One buffer for everything. It stays in the processor's cache; larger ones measured slower. */
const BUFFER = 256 * 1024;
/** After so many bytes signals get their turn. */
const TURN = 16 * 1024 * 1024;

/**
 * Hands on the bytes of all pieces in order, at most 256 KiB at a time; `take` must be done with them when it returns.
 * Fails as reading does, with what `take` fails with, and with `cancelled`.
 */
export async function eachChunk(
  pieces: readonly Piece[],
  signal: AbortSignal,
  take: (chunk: Uint8Array, position: number, piece: number) => Result<void>,
): Promise<Result<void>> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER);
  let position = 0;
  let turn = TURN;
  for (const [index, piece] of pieces.entries()) {
    for (let done = 0; done < piece.length; ) {
      const size = Math.min(BUFFER, piece.length - done);
      let chunk: Uint8Array;
      if (piece instanceof Uint8Array) {
        chunk = piece.subarray(done, done + size);
      } else {
        chunk = buffer.subarray(0, size);
        const read = piece.from.read(chunk, piece.offset + done);
        if (!read.ok) return read;
      }
      const taken = take(chunk, position, index);
      if (!taken.ok) return taken;
      done += size;
      position += size;
      if (position >= turn) {
        turn = position + TURN;
        await setImmediate();
        if (signal.aborted) return err({ reason: "cancelled", signal: String(signal.reason) });
      }
    }
  }
  return ok(undefined);
}

/**
 * Writes a file made of pieces, in memory that does not grow with them. It appears at once or not at all, and what killed
 * runs have left beside it is removed.
 *
 * Errors: `file-failed`, `cancelled`, and `unsupported` for a source that changed meanwhile.
 */
export async function writePieces(
  file: string,
  pieces: readonly Piece[],
  options: WriteOptions,
): Promise<Result<Written>> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  removeStaleTemporaries(dirname(file));
  return replaceFile(file, async (temporary) => {
    const digests = options.digests ? await Digests.of(pieces.length) : undefined;
    try {
      const descriptor = openSync(temporary, "wx");
      try {
        const copied = await eachChunk(pieces, options.signal, (chunk, position, piece) => {
          digests?.add(chunk, piece);
          const written = writeAll(descriptor, chunk, file);
          options.progress?.(position + chunk.length, total);
          return written;
        });
        if (!copied.ok) return copied;
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      return err(fileFailed("write", file, error));
    }
    for (const piece of pieces) {
      const same = piece instanceof Uint8Array ? ok(undefined) : piece.from.unchanged();
      if (!same.ok) return same;
    }
    return ok({ size: total, ...(digests === undefined ? {} : { digests: digests.finish() }) });
  });
}

function writeAll(descriptor: number, chunk: Uint8Array, file: string): Result<void> {
  try {
    for (let done = 0; done < chunk.length; ) {
      done += writeSync(descriptor, chunk, done, chunk.length - done);
    }
    return ok(undefined);
  } catch (error) {
    return err(fileFailed("write", file, error));
  }
}

class Digests {
  readonly #whole: Hash;
  readonly #pieces: readonly Hash[];

  private constructor(whole: Hash, pieces: readonly Hash[]) {
    this.#whole = whole;
    this.#pieces = pieces;
  }

  /** Loads Node's cryptography, which takes longer than a small file does. */
  static async of(pieces: number): Promise<Digests> {
    const { createHash } = await import("node:crypto");
    const hashes = Array.from({ length: pieces }, () => createHash("sha256"));
    return new Digests(createHash("sha256"), hashes);
  }

  add(chunk: Uint8Array, piece: number): void {
    this.#whole.update(chunk);
    this.#pieces[piece]?.update(chunk);
  }

  finish() {
    return { whole: this.#whole.digest("hex"), pieces: this.#pieces.map((hash) => hash.digest("hex")) };
  }
}
