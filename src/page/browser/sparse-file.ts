/**
 * Stands for `files/sparse-file.ts` in the page: files are those that the page was given, all in memory, so that
 * `inspect/` looks at them by the same code as the command does.
 */
import { err, ok, type Result } from "#core/result.ts";

const files = new Map<string, Uint8Array>();

/** Gives the page's `inspect` a file, for the time of `use`. */
export async function withFile<T>(name: string, bytes: Uint8Array, use: () => Promise<T>): Promise<T> {
  files.set(name, bytes);
  try {
    return await use();
  } finally {
    files.delete(name);
  }
}

class MemoryInput {
  readonly path: string;
  readonly bytes: Uint8Array;

  constructor(path: string, bytes: Uint8Array) {
    this.path = path;
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  read(into: Uint8Array, offset: number): Result<void> {
    into.set(this.bytes.subarray(offset, offset + into.length));
    return ok(undefined);
  }

  readSome(into: Uint8Array, offset: number): Result<number> {
    const found = this.bytes.subarray(offset, offset + into.length);
    into.set(found);
    return ok(found.length);
  }
}

/** A file all of which is there. */
export class SparseFile {
  readonly input: MemoryInput;

  constructor(input: MemoryInput) {
    this.input = input;
  }

  get bytes(): Uint8Array {
    return this.input.bytes;
  }

  get size(): number {
    return this.input.size;
  }

  fill(): void {
    // Nothing is left to be read.
  }
}

export async function withSparseFile<T>(
  path: string,
  use: (sparse: SparseFile) => Result<T> | Promise<Result<T>>,
): Promise<Result<T>> {
  const bytes = files.get(path);
  if (bytes === undefined) return missing(path);
  return use(new SparseFile(new MemoryInput(path, bytes)));
}

/** Stands for `files/input-file.ts`. */
export const withInputFile = <T>(
  path: string,
  use: (input: MemoryInput) => Promise<Result<T>>,
): Promise<Result<T>> => withSparseFile(path, ({ input }) => use(input));

export async function readInput(path: string): Promise<Result<Uint8Array>> {
  const bytes = files.get(path);
  return bytes === undefined ? missing(path) : ok(bytes);
}

function missing(file: string): Result<never> {
  return err({ reason: "file-failed", operation: "read", file, code: "ENOENT" });
}
