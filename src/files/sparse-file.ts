import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { allocate, type InputFile, withInputFile } from "./input-file.ts";

/** The largest file of which parts are looked at, in bytes: what one buffer holds in Node 20. */
const LARGEST_SPARSE = 2 ** 32 - 1;

/**
 * A file as one buffer of its size, of which only the parts asked for are read; the rest is zero and
 * takes no memory, for the operating system gives pages to what is written only. Decoders that look
 * at tables can so be used on files of hundreds of megabytes.
 */
export class SparseFile {
  readonly bytes: Uint8Array;
  readonly input: InputFile;
  #failed: Result<void> = ok(undefined);

  constructor(input: InputFile, bytes: Uint8Array) {
    this.input = input;
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  /**
   * Reads `length` bytes from `offset`, as far as the file has them. A failure is kept, and told by `outcome()`. Synchronous: the
   * reads are many and short, and a thread pool's round trips take longer.
   */
  fill(offset: number, length: number): void {
    const start = Math.min(Math.max(0, offset), this.size);
    const end = Math.min(this.size, start + Math.max(0, length));
    if (start >= end || !this.#failed.ok) return;
    const count = this.input.readSome(this.bytes.subarray(start, end), start);
    if (!count.ok) this.#failed = count;
  }

  /** Whether all that was asked for could be read, of a file that has not changed meanwhile. */
  outcome(): Result<void> {
    return this.#failed.ok ? this.input.unchanged() : this.#failed;
  }
}

/**
 * Opens a file for the time that `use` takes.
 *
 * Errors: those of `withInputFile`; `size-exceeded`; `unsupported` for a file that changes meanwhile; those of `use`.
 */
export function withSparseFile<T>(
  path: string,
  use: (sparse: SparseFile) => Result<T> | Promise<Result<T>>,
): Promise<Result<T>> {
  return withInputFile(path, async (input) => {
    const buffer = sparseBuffer(input);
    if (!buffer.ok) return err(inFile(buffer.failure, path));
    const sparse = new SparseFile(input, buffer.value);
    const used = await use(sparse);
    const read = sparse.outcome();
    return read.ok ? used : read;
  });
}

/** Zeros as long as the file, of which no page is taken before it is written. Errors: `size-exceeded`. */
export function sparseBuffer(input: InputFile): Result<Uint8Array> {
  const { size, path } = input;
  const limit = LARGEST_SPARSE;
  if (size > limit) {
    return err({ reason: "size-exceeded", what: "a file that is looked into", size, limit, file: path });
  }
  return allocate(input, () => new Uint8Array(size));
}
