import type { Hash } from "node:crypto";
import { closeSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { err, ok, type Result } from "#core/result.ts";
import { intoStream } from "./deliver.ts";
import { destinationOf } from "./destination.ts";
import { fileFailed } from "./errno.ts";
import type { InputFile } from "./input-file.ts";
import { open } from "./named.ts";
import { removeStaleTemporaries, replaceFile } from "./output.ts";
import type { OutputSet } from "./output-set.ts";

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
  /** What the file is put in place with, later. Default: it is put in place when it is written. */
  readonly set?: OutputSet;
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
 * The options for each of several passes whose progress is to be told as that of one.
 *
 * @param lengths how many bytes each pass goes over
 */
export function passes(lengths: readonly number[], options: WriteOptions): readonly WriteOptions[] {
  const { progress } = options;
  if (progress === undefined) return lengths.map(() => options);
  const total = sum(lengths);
  return lengths.map((_, index) => {
    const before = sum(lengths.slice(0, index));
    return { ...options, progress: (done) => progress(before + done, total) };
  });
}

/** Bytes of all pieces. */
export function lengthOf(pieces: readonly Piece[]): number {
  return sum(pieces.map(({ length }) => length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => left + right, 0);
}

/**
 * Hands on the bytes of all pieces in order, at most 256 KiB at a time; `take` must be done with them at its end.
 * Fails as reading does, with what `take` fails with, and with `cancelled`.
 */
export async function eachChunk(
  pieces: readonly Piece[],
  { signal, progress }: Pick<WriteOptions, "signal" | "progress">,
  take: (chunk: Uint8Array, piece: number) => Result<void> | Promise<Result<void>>,
): Promise<Result<void>> {
  const total = lengthOf(pieces);
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
      const taken = await take(chunk, index);
      if (!taken.ok) return taken;
      done += size;
      position += size;
      progress?.(position, total);
      if (position >= turn) {
        turn = position + TURN;
        const wanted = await stillWanted(signal);
        if (!wanted.ok) return wanted;
      }
    }
  }
  return ok(undefined);
}

/** Lets a signal that has arrived have its effect. */
async function stillWanted(signal: AbortSignal): Promise<Result<void>> {
  await setImmediate();
  return signal.aborted ? err({ reason: "cancelled", signal: String(signal.reason) }) : ok(undefined);
}

/** SHA-256 of a file in hexadecimal. Fails as `eachChunk` does, and where the file has changed since it was opened. */
export async function digestInput(file: InputFile, options: WriteOptions): Promise<Result<string>> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  const read = await eachChunk([{ from: file, offset: 0, length: file.size }], options, (chunk) => {
    hash.update(chunk);
    return ok(undefined);
  });
  if (!read.ok) return read;
  const same = file.unchanged();
  return same.ok ? ok(hash.digest("hex")) : same;
}

/**
 * Writes a file made of pieces, in memory that does not grow with them. It appears at once or not at all, and what killed
 * runs have left beside it is removed. Into a pipe or device the pieces are written as they come.
 *
 * Errors: those of `destinationOf`; `file-failed`, `cancelled`, and `unsupported` for a source that changed meanwhile.
 */
export async function writePieces(
  file: string,
  pieces: readonly Piece[],
  options: WriteOptions,
): Promise<Result<Written>> {
  // What made the pieces may have kept signals waiting.
  const wanted = await stillWanted(options.signal);
  if (!wanted.ok) return wanted;
  const destination = destinationOf(file);
  if (!destination.ok) return destination;
  if (destination.value.kind !== "file" && options.set === undefined) {
    return intoStream(destination.value, file, options.signal, (write) => copy(pieces, options, write));
  }
  const place = destination.value.kind === "file" ? destination.value.path : file;
  removeStaleTemporaries(dirname(place));
  const produce = (temporary: string) => copyToFile(temporary, file, pieces, options);
  return options.set === undefined ? replaceFile(file, produce) : options.set.stage(file, produce);
}

async function copyToFile(
  temporary: string,
  file: string,
  pieces: readonly Piece[],
  options: WriteOptions,
): Promise<Result<Written>> {
  try {
    const descriptor = open(temporary, "wx");
    try {
      return await copy(pieces, options, (chunk) => writeAll(descriptor, chunk, file));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return err(fileFailed("write", file, error));
  }
}

async function copy(
  pieces: readonly Piece[],
  options: WriteOptions,
  write: (chunk: Uint8Array) => Result<void> | Promise<Result<void>>,
): Promise<Result<Written>> {
  const digests = options.digests ? await Digests.of(pieces.length) : undefined;
  const copied = await eachChunk(pieces, options, (chunk, piece) => {
    digests?.add(chunk, piece);
    return write(chunk);
  });
  if (!copied.ok) return copied;
  for (const piece of pieces) {
    const same = piece instanceof Uint8Array ? ok(undefined) : piece.from.unchanged();
    if (!same.ok) return same;
  }
  return ok({ size: lengthOf(pieces), ...(digests === undefined ? {} : { digests: digests.finish() }) });
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
