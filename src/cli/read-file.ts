import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";

/** A file's bytes. Errors: `file-failed`. */
export async function read(file: string): Promise<Result<Uint8Array>> {
  try {
    return ok(await readFile(file));
  } catch (error) {
    return err(fileFailed("read", file, error));
  }
}
