import { loadFor, loadTarget } from "#api/common/load-target.ts";
import type { NamedFile } from "#api/common/named-file.ts";
import { limitsOf } from "#api/common/parser-limits.ts";
import type { Context } from "#api/context.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { PageData, PageImage, PageParser } from "#page/data.ts";
import { Blobs, writePage } from "./page-file.ts";

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
    const parser = await pageParser(named, blobs, context);
    if (!parser.ok) return parser;
    opened.push(parser.value);
  }
  const [first] = files;
  const data: PageData = {
    schema: 1,
    title: first === undefined ? "kexec-bpf" : `kexec-bpf: ${first.name}`,
    images,
    parsers: opened,
    tables: [],
  };
  return writePage(output, data, blobs.bytes, context.signal);
}

/** A parser with the limits of its records, as `verify` finds them. Errors: those of reading and loading it. */
async function pageParser(
  { name, file }: NamedFile,
  blobs: Blobs,
  context: Pick<Context, "emit">,
): Promise<Result<PageParser>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const target = await loadTarget({ btf: undefined, abi: undefined }, context);
  if (!target.ok) return target;
  const loaded = loadFor(bytes.value, target.value);
  if (!loaded.ok) return err(inFile(asFailure(loaded.failure), file));
  const { parser, revision } = loaded.value;
  const none = { kernel: undefined, initrd: undefined, cmdline: undefined };
  const { limits } = await limitsOf(file, parser, { limits: none, include: [] }, revision);
  return ok({ name, blob: blobs.add(bytes.value), limits, revision, reference: null, arch: null });
}
