import type { NamedFile } from "#api/common/named-file.ts";
import type { Context } from "#api/context.ts";
import type { Result } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";
import { readInput } from "#files/input-file.ts";
import type { PageData, PageImage, PageParser } from "#page/data.ts";
import { Blobs, pageWith } from "./page-file.ts";
import { pageParser } from "./page-parser.ts";

export type ExploreRequest = {
  /** Images, with the names that the page shows. */
  readonly files: readonly NamedFile[];
  /** `.bpf`, `.o` or `.lskel.h`. */
  readonly parsers: readonly NamedFile[];
  /** The page to write, absolute. */
  readonly output: string;
};

/** Writes one HTML file with images, parsers and all that is needed to look at them. Errors: those of reading, loading and writing. */
export async function explore(
  { files, parsers, output }: ExploreRequest,
  context: Pick<Context, "signal" | "emit">,
): Promise<Result<void>> {
  const blobs = new Blobs();
  const images: PageImage[] = [];
  for (const { name, file } of files) {
    const bytes = await readInput(file);
    if (!bytes.ok) return bytes;
    images.push({ name, size: bytes.value.length, blob: blobs.add(bytes.value) });
  }
  const opened: PageParser[] = [];
  for (const named of parsers) {
    const parser = await pageParser(named, context);
    if (!parser.ok) return parser;
    const { bytes, ...rest } = parser.value;
    opened.push({ ...rest, blob: blobs.add(bytes) });
  }
  const [first] = files;
  const data: PageData = {
    schema: 1,
    title: first === undefined ? "kexec-bpf" : `kexec-bpf: ${first.name}`,
    images,
    parsers: opened,
    tables: [],
  };
  const page = await pageWith(data, blobs.bytes);
  return page.ok ? deliver(output, page.value, context.signal) : page;
}
