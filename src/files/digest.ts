import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { err, ok, type Result } from "#core/result.ts";
import { type InputFile, withInputFile } from "./input-file.ts";

/** Bytes that are read at a time. */
const CHUNK = 256 * 1024;
/** After so many bytes signals get their turn. */
const TURN = 16 * 1024 * 1024;

/** SHA-256 in hexadecimal. */
export function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * SHA-256 of a file's content in hexadecimal; it is not held in memory.
 *
 * Errors: those of `withInputFile`; `unsupported` for a file that changes meanwhile; `cancelled` where the signal ends the reading
 * of a large file.
 */
export function digestFile(file: string, signal?: AbortSignal): Promise<Result<string>> {
  return withInputFile(file, async (input) => {
    const whole = await digestRange(input, 0, Number.POSITIVE_INFINITY, signal);
    if (!whole.ok) return whole;
    const same = input.unchanged();
    return same.ok ? whole : same;
  });
}

/** SHA-256 of a run of a file's bytes, as far as the file goes. Errors: `file-failed`, `cancelled`. */
export async function digestRange(
  input: InputFile,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Result<string>> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, Math.max(1, length)));
  for (let done = 0, turn = TURN; done < length; ) {
    const chunk = buffer.subarray(0, Math.min(buffer.length, length - done));
    const count = input.readSome(chunk, offset + done);
    if (!count.ok) return count;
    hash.update(chunk.subarray(0, count.value));
    done += count.value;
    if (count.value < chunk.length) break;
    if (done < turn) continue;
    turn = done + TURN;
    await setImmediate();
    if (signal?.aborted) return err({ reason: "cancelled", signal: String(signal.reason) });
  }
  return ok(hash.digest("hex"));
}
