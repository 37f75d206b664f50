import type { NamedFile } from "#api/common/named-file.ts";
import type { Context } from "#api/context.ts";
import { ok, type Result } from "#core/result.ts";
import type { NamedBytes } from "#crosscheck/subject.ts";
import { deliver } from "#files/deliver.ts";
import { readInput } from "#files/input-file.ts";
import { openReference } from "#own-formats/open-reference.ts";
import { type KeptParser, pageParser } from "./page-parser.ts";
import { ownOfPage, pageReference, resultPage } from "./result-page.ts";

export type ExploreRequest = {
  /** Images, with the names that the page shows. */
  readonly files: readonly NamedFile[];
  /** `.bpf`, `.o` or `.lskel.h`. */
  readonly parsers: readonly NamedFile[];
  /** What the parsers are judged by: a name, `none`, or the absolute path of a module (`ImageFormat`), which is asked about the images, too. */
  readonly reference: string | undefined;
  /** The page to write, absolute. */
  readonly output: string;
};

/**
 * Writes one HTML file with images, parsers and all that is needed to look at them. A format of the user's own is asked now: the page
 * runs nothing of its module.
 *
 * Errors: those of reading, loading and writing; `bad-reference`.
 */
export async function explore(
  { files, parsers, reference, output }: ExploreRequest,
  context: Pick<Context, "signal" | "emit">,
): Promise<Result<void>> {
  const by = reference === undefined ? ok(undefined) : await openReference(reference);
  if (!by.ok) return by;
  const images: NamedBytes[] = [];
  for (const { name, file } of files) {
    const bytes = await readInput(file);
    if (!bytes.ok) return bytes;
    images.push({ name, bytes: bytes.value });
  }
  const opened: KeptParser[] = [];
  for (const named of parsers) {
    const parser = await pageParser(named, context);
    if (!parser.ok) return parser;
    const judge = by.value === undefined ? null : pageReference(by.value);
    opened.push({ ...parser.value, reference: judge });
  }
  const [first] = files;
  const title = first === undefined ? "kexec-bpf" : `kexec-bpf: ${first.name}`;
  const page = await resultPage({ title, tables: [], parsers: opened, images, own: ownOfPage(by.value) });
  return page.ok ? deliver(output, page.value, context.signal) : page;
}
