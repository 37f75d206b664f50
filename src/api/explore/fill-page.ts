import { join } from "node:path";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { PerPart } from "#abi/parts.ts";
import { packageRoot } from "#api/common/package-root.ts";
import { ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { PackedFile, PageData, ResultTable } from "#page/model/page-data.ts";

/** A file to put into a page. */
export type PageFile = { readonly name: string; readonly bytes: Uint8Array };
export type PageParser = PageFile & { readonly limits?: PerPart<number> };

export type PageContent = {
  readonly title: string;
  readonly images: readonly PageFile[];
  readonly parsers: readonly PageParser[];
  readonly tables: readonly ResultTable[];
};

/** Bytes that one script element holds before they are written in base64; a multiple of 3. */
const CHUNK = 24 * 1024 * 1024;
const DATA = "<!-- data -->";
const compress = promisify(gzip);

/** The whole page, filled. Errors: `file-failed` where the package's own page cannot be read. */
export async function fillPage({ title, images, parsers, tables }: PageContent): Promise<Result<Buffer>> {
  const page = await readInput(join(packageRoot(), "dist", "page.html"));
  if (!page.ok) return page;
  const elements: Buffer[] = [];
  const packed: PackedFile[] = [];
  for (const [id, { name, bytes }] of [...images, ...parsers].entries()) {
    const chunks = chunksOf(await compress(bytes, { level: constants.Z_BEST_SPEED }));
    packed.push({ name, id, chunks: chunks.length });
    elements.push(...chunks.map((chunk, i) => element(`file-${id}-${i}`, chunk.toString("base64"))));
  }
  const data: PageData = {
    schema: 1,
    title,
    images: packed.slice(0, images.length),
    parsers: packed.slice(images.length).map((file, i) => {
      const limits = parsers[i]?.limits;
      return limits === undefined ? file : { ...file, limits };
    }),
    tables,
  };
  // No end tag, and no comment's begin, stands in JSON without one of these.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const [before = "", after = ""] = Buffer.from(page.value).toString().split(DATA);
  return ok(
    Buffer.concat([Buffer.from(before), element("page-data", json), ...elements, Buffer.from(after)]),
  );
}

function element(id: string, text: string): Buffer {
  return Buffer.from(`<script type="text/plain" id="${id}">${text}</script>\n`);
}

function chunksOf(bytes: Buffer): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) chunks.push(bytes.subarray(at, at + CHUNK));
  return chunks;
}
