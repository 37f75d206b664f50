import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";

/** SHA-256 in hexadecimal. */
export function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of a file's content in hexadecimal; the file is not held in memory. */
export async function digestFile(file: string): Promise<Result<string>> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  } catch (error) {
    return err(fileFailed("read", file, error));
  }
  return ok(hash.digest("hex"));
}
