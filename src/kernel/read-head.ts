import { open } from "node:fs/promises";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";

/** The first `length` bytes of a file, fewer where the file is shorter. */
export async function readHead(file: string, length: number): Promise<Result<Uint8Array>> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, 0);
      return ok(buffer.subarray(0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch (error) {
    return err(fileFailed("read", file, error));
  }
}
