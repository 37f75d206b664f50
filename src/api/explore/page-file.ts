import { join } from "node:path";
import { packageRoot } from "#api/common/package-root.ts";
import { ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { PageData } from "#page/data.ts";

/** Where the page takes its data. */
const MARK = "<!-- data -->";
/** Bytes of a piece, a multiple of three: browsers have a longest text. */
const PIECE = 3 * 4 * 1024 * 1024;

/** The page with data and the bytes that they name. Errors: `file-failed` where the package is not whole. */
export async function pageWith(data: PageData, blobs: readonly Uint8Array[]): Promise<Result<Buffer>> {
  const template = await readInput(join(packageRoot(), "dist", "page.html"));
  if (!template.ok) return template;
  const page = Buffer.from(template.value);
  const at = page.indexOf(MARK);
  const filled = Buffer.concat([
    page.subarray(0, at),
    Buffer.from(`<script type="application/json" id="data">${inScript(JSON.stringify(data))}</script>\n`),
    ...blobs.flatMap(blobPieces),
    page.subarray(at + MARK.length),
  ]);
  return ok(filled);
}

/** No text in a script's data may end its element, or begin a comment in it. */
function inScript(json: string): string {
  return json.replaceAll("<", "\\u003c");
}

function blobPieces(bytes: Uint8Array, place: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = Buffer.from(bytes.subarray(at, at + PIECE)).toString("base64");
    pieces.push(Buffer.from(`<script type="text/plain" data-blob="${place}">${piece}</script>\n`));
  }
  return pieces;
}

/** Bytes that a page holds, by the places that its data name. */
export class Blobs {
  readonly bytes: Uint8Array[] = [];

  add(bytes: Uint8Array): number {
    return this.bytes.push(bytes) - 1;
  }
}
