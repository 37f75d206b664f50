import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";

/** From this size on, in bytes, a file is hashed as a stream instead of from memory. */
const STREAMED = 16 * 1024 * 1024;
/** Bytes that are read at a time. */
const CHUNK = 256 * 1024;

/** SHA-256 in hexadecimal. */
export function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * SHA-256 of a file's content in hexadecimal; a large file is not held in memory.
 *
 * Errors: `file-failed`; `cancelled` where the signal ends the reading of a large file.
 */
export async function digestFile(file: string, signal?: AbortSignal): Promise<Result<string>> {
  try {
    if (statSync(file).size < STREAMED) return ok(digest(readFileSync(file)));
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
      if (signal?.aborted) return err({ reason: "cancelled", signal: String(signal.reason) });
      hash.update(chunk as Uint8Array);
    }
    return ok(hash.digest("hex"));
  } catch (error) {
    return err(fileFailed("read", file, error));
  }
}
