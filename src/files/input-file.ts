import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { FileFailed, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";

/** A file whose size is known before it is read, piece by piece. Synchronous: large copies gain from it. */
export class InputFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly #descriptor: number;
  readonly #stamp: string;

  private constructor(path: string, descriptor: number, size: number, stamp: string) {
    this.path = path;
    this.size = size;
    this.#descriptor = descriptor;
    this.#stamp = stamp;
  }

  /** Opens a file. Errors: `file-failed`; `unsupported` for a pipe or device that holds anything (`/dev/null` is empty). */
  static open(path: string): Result<InputFile, FileFailed | Unsupported> {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, "r");
      const { isFile, size, stamp } = look(descriptor);
      if (!isFile && readSync(descriptor, new Uint8Array(1)) > 0) {
        closeSync(descriptor);
        const detail = "its size is not known before it is read";
        return err({ reason: "unsupported", what: "a pipe or device", detail, file: path });
      }
      return ok(new InputFile(path, descriptor, isFile ? size : 0, stamp));
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      return err(fileFailed(descriptor === undefined ? "open" : "read", path, error));
    }
  }

  /** Fills `buffer` with the bytes from `offset` on. Errors: `file-failed`; `unsupported` for a file that has become shorter. */
  read(buffer: Uint8Array, offset: number): Result<void, FileFailed | Unsupported> {
    try {
      for (let done = 0; done < buffer.length; ) {
        const count = readSync(this.#descriptor, buffer, done, buffer.length - done, offset + done);
        if (count === 0) return this.#changed();
        done += count;
      }
      return ok(undefined);
    } catch (error) {
      return err(fileFailed("read", this.path, error));
    }
  }

  /** Fails with `unsupported` where the file was written to since it was opened: what was read may be half old, half new. */
  unchanged(): Result<void, Unsupported> {
    return look(this.#descriptor).stamp === this.#stamp ? ok(undefined) : this.#changed();
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #changed(): Result<never, Unsupported> {
    const detail = "something has written to it";
    return err({
      reason: "unsupported",
      what: "a file that changes while it is read",
      detail,
      file: this.path,
    });
  }
}

function look(descriptor: number) {
  const stat = fstatSync(descriptor, { bigint: true });
  return { isFile: stat.isFile(), size: Number(stat.size), stamp: `${stat.size}:${stat.mtimeNs}` };
}

/** Opens files for the time that `use` takes, and then asks whether they are still what they were. */
export async function withInputFiles<T>(
  paths: readonly string[],
  use: (files: readonly InputFile[]) => Promise<Result<T>>,
): Promise<Result<T>> {
  const files: InputFile[] = [];
  try {
    for (const path of paths) {
      const file = InputFile.open(path);
      if (!file.ok) return file;
      files.push(file.value);
    }
    return await use(files);
  } finally {
    for (const file of files) file.close();
  }
}
