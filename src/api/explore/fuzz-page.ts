import { relative } from "node:path";
import type { Context } from "#api/context.ts";
import type { FuzzReport, FuzzRequest } from "#api/fuzz.ts";
import { ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { SavedFinding } from "#fuzz/campaign-request.ts";
import { openReference } from "#own-formats/open-reference.ts";
import type { PageRow, PageTable } from "#page/data.ts";
import { injectionTitle } from "#verify/fault-paths.ts";
import { pageParser } from "./page-parser.ts";
import { ownOfPage, PageImages, pageReference, resultPage } from "./result-page.ts";

/** The page that `fuzz --html` writes: a row opens the run of a finding. Errors: those of reading what is saved, of `openReference` and `resultPage`. */
export async function fuzzPage(
  { parser, reference }: Pick<FuzzRequest, "parser" | "reference">,
  report: FuzzReport,
  { cwd, emit }: Pick<Context, "cwd" | "emit">,
): Promise<Result<Buffer>> {
  const images = new PageImages();
  for (const { file } of report.saved) {
    const image = await readInput(file);
    if (!image.ok) return image;
    images.add({ name: relative(cwd, file), bytes: image.value }, true);
  }
  const kept = await pageParser(parser, { emit });
  if (!kept.ok) return kept;
  const by = reference === undefined ? ok(undefined) : await openReference(reference);
  if (!by.ok) return by;
  const judge = by.value === undefined ? null : pageReference(by.value);
  return resultPage({
    title: `kexec-bpf fuzz: ${parser.name}`,
    tables: [findingTable(parser.name, report, cwd)],
    parsers: [{ ...kept.value, reference: judge }],
    images: images.images,
    own: ownOfPage(by.value),
  });
}

function findingTable(parser: string, { saved, cases, seed, branches }: FuzzReport, cwd: string): PageTable {
  return {
    title: "Findings",
    note: `${cases} cases of seed ${seed}, which reach ${branches.reached} of ${branches.all} directions of the parser's branches.`,
    columns: [
      { label: "image", kind: "text" },
      { label: "what", kind: "text" },
      { label: "denied", kind: "text" },
      { label: "command", kind: "code" },
    ],
    rows: saved.map(({ file, why, injection, command }: SavedFinding): PageRow => {
      const denied = injection ? injectionTitle(injection) : null;
      const path = injection ? JSON.stringify(injection) : null;
      const image = relative(cwd, file);
      return { cells: [image, why, denied, command], run: { image, parser, path } };
    }),
  };
}
