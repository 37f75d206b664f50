import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { err, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";

/**
 * A file as one buffer of its size, of which only the parts asked for are read; the rest is zero and
 * takes no memory, for the operating system gives pages to what is written only. Decoders that look
 * at tables can so be used on files of hundreds of megabytes.
 */
export class SparseFile {
  readonly bytes: Uint8Array;
  readonly #descriptor: number;

  constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.bytes = new Uint8Array(size);
  }

  get size(): number {
    return this.bytes.length;
  }

  /**
   * Reads `length` bytes from `offset`, as far as the file has them. Throws as `node:fs` does. Synchronous: the reads are
   * many and short, and a thread pool's round trips take longer.
   */
  fill(offset: number, length: number): void {
    const start = Math.min(Math.max(0, offset), this.size);
    const end = Math.min(this.size, start + Math.max(0, length));
    for (let at = start; at < end; ) {
      const bytesRead = readSync(this.#descriptor, this.bytes, at, end - at, at);
      if (bytesRead === 0) return;
      at += bytesRead;
    }
  }
}

/** Opens a file for the time that `use` takes. Errors: `file-failed`, and those of `use`. */
export async function withSparseFile<T>(
  file: string,
  use: (sparse: SparseFile) => Promise<Result<T>>,
): Promise<Result<T>> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    return await use(new SparseFile(descriptor, fstatSync(descriptor).size));
  } catch (error) {
    return err(fileFailed("read", file, error));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
