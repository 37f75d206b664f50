import { closeSync, constants, fstatSync, readSync, statSync } from "node:fs";
import type { FileFailed, SizeExceeded, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";
import { inputKind } from "./input-kind.ts";
import { open } from "./named.ts";
import { descriptorNamed, drainPipe, isDrained, PIPE_LIMIT } from "./pipe.ts";
import { fsPath } from "./raw-path.ts";

/** The largest file that is held in memory whole, in bytes: what one system call reads. */
const LARGEST_WHOLE = 2 ** 31 - 1;
/** Bytes at a time of a file that does not say its size. */
const CHUNK = 64 * 1024;
/** Most bytes that one system call is asked for. */
const AT_ONCE = 2 ** 30;

type ReadFailure = FileFailed | Unsupported;

/**
 * A file that is read, in pieces or whole. The one way in for every file that a user names: what it is and how large is
 * asked before anything is read. Synchronous: large copies gain from it.
 */
export class InputFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** False for `/dev/null` and for a pipe. */
  readonly isRegular: boolean;
  readonly #source: number | Uint8Array;
  readonly #stamp: string;

  private constructor(path: string, source: number | Uint8Array, isRegular: boolean) {
    this.path = path;
    this.isRegular = isRegular;
    this.#source = source;
    const { size, stamp } = typeof source === "number" ? lookAt(source) : { size: source.length, stamp: "" };
    this.size = size;
    this.#stamp = stamp;
  }

  /**
   * Opens a file, or reads a pipe that this process has been given (`/dev/stdin`, `/dev/fd/63`). Never waits for a FIFO.
   *
   * Errors: `file-failed`; `unsupported` for folders, devices, FIFOs and sockets; `size-exceeded` for a pipe that gives too much.
   */
  static async open(path: string): Promise<Result<InputFile>> {
    const own = descriptorNamed(path);
    let descriptor: number | undefined;
    try {
      // A pipe that has been read may be closed by now.
      const known = own !== undefined && isDrained(own);
      const look = () => (own === undefined ? statSync(fsPath(path)) : fstatSync(own));
      const before = known ? ok("pipe" as const) : inputKind(path, look(), { own: own !== undefined });
      if (!before.ok) return before;
      if (before.value === "pipe" && own !== undefined) {
        const bytes = await drainPipe(own, path);
        return bytes.ok ? ok(new InputFile(path, bytes.value, false)) : bytes;
      }
      descriptor = open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      // Another file may have taken the name.
      const now = inputKind(path, fstatSync(descriptor), { own: false });
      const source: Result<number | Uint8Array> = now.ok ? sourceOf(path, descriptor) : now;
      if (!source.ok || typeof source.value !== "number") closeSync(descriptor);
      return source.ok ? ok(new InputFile(path, source.value, before.value === "regular")) : source;
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      return err(fileFailed("read", path, error));
    }
  }

  /** Fills `buffer` with the bytes from `offset` on. Errors: `file-failed`; `unsupported` for a file that has become shorter. */
  read(buffer: Uint8Array, offset: number): Result<void, ReadFailure> {
    const count = this.readSome(buffer, offset);
    if (!count.ok) return count;
    return count.value < buffer.length ? this.#changed() : ok(undefined);
  }

  /** The same as far as the file goes; gives the bytes that there were. Errors: `file-failed`. */
  readSome(buffer: Uint8Array, offset: number): Result<number, FileFailed> {
    if (typeof this.#source !== "number") {
      const bytes = this.#source.subarray(offset, offset + buffer.length);
      buffer.set(bytes);
      return ok(bytes.length);
    }
    try {
      let done = 0;
      while (done < buffer.length) {
        const count = readSync(
          this.#source,
          buffer,
          done,
          Math.min(AT_ONCE, buffer.length - done),
          offset + done,
        );
        if (count === 0) break;
        done += count;
      }
      return ok(done);
    } catch (error) {
      return err(fileFailed("read", this.path, error));
    }
  }

  /** The first `length` bytes, fewer where the file is shorter. Errors: `file-failed`. */
  head(length: number): Result<Uint8Array, FileFailed> {
    const buffer = new Uint8Array(length);
    const count = this.readSome(buffer, 0);
    return count.ok ? ok(buffer.subarray(0, count.value)) : count;
  }

  /** All bytes. Errors: `file-failed`; `size-exceeded`; `unsupported` for a file that changes meanwhile. */
  whole(limit = LARGEST_WHOLE): Result<Uint8Array, ReadFailure | SizeExceeded> {
    if (typeof this.#source !== "number") return ok(this.#source);
    if (this.size > limit) return err(tooLarge(this.path, this.size, limit));
    // One byte more than there should be: a file that has grown shows. Less than the size is what files of /sys give.
    const buffer = allocate(this, () => Buffer.allocUnsafeSlow(this.size + 1));
    if (!buffer.ok) return buffer;
    const count = this.readSome(buffer.value, 0);
    if (!count.ok) return count;
    if (count.value > this.size) return this.#changed();
    const same = this.unchanged();
    return same.ok ? ok(buffer.value.subarray(0, count.value)) : same;
  }

  /** Fails with `unsupported` where the file was written to since it was opened: what was read may be half old, half new. */
  unchanged(): Result<void, Unsupported> {
    if (typeof this.#source !== "number") return ok(undefined);
    return lookAt(this.#source).stamp === this.#stamp ? ok(undefined) : this.#changed();
  }

  close(): void {
    if (typeof this.#source === "number") closeSync(this.#source);
  }

  #changed(): Result<never, Unsupported> {
    const detail = "something has written to it";
    const what = "a file that changes while it is read";
    return err({ reason: "unsupported", what, detail, file: this.path });
  }
}

/** The descriptor, or the bytes of a file that does not say its size: those of /proc say 0. */
function sourceOf(path: string, descriptor: number): Result<number | Uint8Array> {
  if (fstatSync(descriptor).size > 0) return ok(descriptor);
  const chunks: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const chunk = Buffer.allocUnsafeSlow(CHUNK);
    const count = readSync(descriptor, chunk);
    if (count === 0) return ok(size === 0 ? descriptor : Buffer.concat(chunks));
    size += count;
    if (size > PIPE_LIMIT) return err(tooLarge(path, size, PIPE_LIMIT));
    chunks.push(chunk.subarray(0, count));
  }
}

function tooLarge(file: string, size: number, limit: number): SizeExceeded {
  return { reason: "size-exceeded", what: "a file that is read whole", size, limit, file };
}

/** A buffer for a file. Errors: `file-failed` where not even the addresses are to be had (`ulimit -v`). */
export function allocate<B extends Uint8Array>({ path }: InputFile, make: () => B): Result<B, FileFailed> {
  try {
    return ok(make());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return err({ reason: "file-failed", operation: "read", file: path, code: "ENOMEM" });
  }
}

function lookAt(descriptor: number) {
  const stat = fstatSync(descriptor, { bigint: true });
  return { size: Number(stat.size), stamp: `${stat.size}:${stat.mtimeNs}` };
}

/** Opens files for the time that `use` takes. Errors: those of `InputFile.open`, and of `use`. */
export async function withInputFiles<T>(
  paths: readonly string[],
  use: (files: readonly InputFile[]) => Result<T> | Promise<Result<T>>,
): Promise<Result<T>> {
  const files: InputFile[] = [];
  try {
    for (const path of paths) {
      const file = await InputFile.open(path);
      if (!file.ok) return file;
      files.push(file.value);
    }
    return await use(files);
  } finally {
    for (const file of files) file.close();
  }
}

/** The same for one file. */
export function withInputFile<T>(
  path: string,
  use: (file: InputFile) => Result<T> | Promise<Result<T>>,
): Promise<Result<T>> {
  return withInputFiles([path], ([file]) => {
    if (file === undefined) throw new Error("one file was opened");
    return use(file);
  });
}

/** All bytes of a file, or of a pipe that this process has been given. Errors: those of `InputFile.open` and `InputFile.whole`. */
export function readInput(path: string, limit?: number): Promise<Result<Uint8Array>> {
  return withInputFile(path, (file) => file.whole(limit));
}

/** The same as text, UTF-8. */
export async function readInputText(path: string): Promise<Result<string>> {
  const bytes = await readInput(path);
  return bytes.ok
    ? ok(Buffer.from(bytes.value.buffer, bytes.value.byteOffset, bytes.value.length).toString())
    : bytes;
}
