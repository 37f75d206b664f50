import { join } from "node:path";
import type { Context } from "#api/context.ts";
import type { Result } from "#core/result.ts";
import type { KernelRecord, ParserOutcome } from "#fleet/record.ts";
import type { FleetReport } from "#fleet/report.ts";
import type { PageRow, PageTable } from "#page/data.ts";
import { formatsOf, goodFiles } from "#verify/mutations/good-files.ts";
import { REFERENCES } from "#verify/reference-names.ts";
import { type KeptParser, pageParser } from "./page-parser.ts";
import { PageImages, pageReferenceNamed, resultPage } from "./result-page.ts";

/** Parsers that a page holds: kernels that differ in nothing a parser sees have one in common. */
const MOST_PARSERS = 200;

/**
 * The page that `fleet run --html` writes: kernels by parsers; a row opens the parser's run on a small good image of its format.
 *
 * @param out the folder in which the kernels' folders are
 *
 * Errors: those of reading parsers, and of `resultPage`.
 */
export async function fleetPage(
  report: FleetReport,
  out: string,
  { emit }: Pick<Context, "emit">,
): Promise<Result<Buffer>> {
  const parsers = new Map<string, KeptParser>();
  const images = new PageImages();
  const runs = new Map<string, string>();
  for (const { folder, abi, parsers: outcomes } of report.kernels) {
    for (const { file, target, sha256 } of outcomes) {
      if (parsers.has(sha256) || parsers.size === MOST_PARSERS) continue;
      const name = join(folder, file);
      const kept = await pageParser({ name, file: join(out, name) }, { emit });
      if (!kept.ok) return kept;
      parsers.set(sha256, { ...kept.value, reference: pageReferenceNamed(target) });
      const reference = REFERENCES.find((one) => one === target);
      const revision = abi?.revision === "v6" ? "v6" : "v7";
      const formats: readonly string[] = reference === undefined ? [] : formatsOf(reference, revision);
      const good = goodFiles(revision).find(({ format }) => formats.includes(format));
      if (good === undefined) continue;
      images.add({ name: `kexec-bpf:${good.name}`, bytes: good.image }, false);
      runs.set(sha256, `kexec-bpf:${good.name}`);
    }
  }
  const tables = [parserTable(report, parsers, runs), troubleTable(report)];
  return resultPage({
    title: "kexec-bpf fleet",
    tables: tables.filter(({ rows }, i) => i === 0 || rows.length > 0),
    parsers: [...parsers.values()],
    images: images.images,
    own: undefined,
  });
}

function parserTable(
  { kernels, counts }: FleetReport,
  parsers: ReadonlyMap<string, KeptParser>,
  images: ReadonlyMap<string, string>,
): PageTable {
  return {
    title: "Parsers",
    note: `${counts.built} kernels built, ${counts.failed} failed, ${counts.left} left.`,
    columns: [
      { label: "kernel", kind: "text" },
      { label: "parser", kind: "text" },
      { label: "ok", kind: "verdict" },
      { label: "built", kind: "text" },
      { label: "loads", kind: "text" },
      { label: "verdict", kind: "text" },
      { label: "proven", kind: "text" },
      { label: "instructions", kind: "number" },
      { label: "verifier's", kind: "number" },
      { label: "size", kind: "number" },
      { label: "seconds", kind: "number" },
      { label: "cache hits", kind: "number" },
    ],
    rows: kernels.flatMap((kernel) =>
      kernel.parsers.map((parser): PageRow => {
        const kept = parsers.get(parser.sha256);
        const image = images.get(parser.sha256);
        const run =
          kept === undefined || image === undefined ? null : { image, parser: kept.name, path: null };
        return { cells: cellsOf(kernel, parser), run };
      }),
    ),
  };
}

function cellsOf({ name, state, milliseconds, work }: KernelRecord, parser: ParserOutcome): PageRow["cells"] {
  const { target, loads, verdict, proven, instructions, verifierInstructions, size } = parser;
  const good = state === "built" && loads !== false && verdict !== "failed" && proven !== false;
  const said = (value: boolean | null) => (value === null ? null : value ? "yes" : "no");
  return [
    ...[name, target, good, state, said(loads), verdict, said(proven)],
    ...[instructions, verifierInstructions, size, Math.round(milliseconds) / 1000, work.cached],
  ];
}

function troubleTable({ kernels }: FleetReport): PageTable {
  return {
    title: "Trouble",
    note: "Kernels that failed, what verification finds, and warnings.",
    columns: [
      { label: "kernel", kind: "text" },
      { label: "of", kind: "text" },
      { label: "what", kind: "code" },
    ],
    rows: kernels.flatMap(({ name, failure, verification, warnings }) => {
      const row = (of: string, what: string): PageRow => ({ cells: [name, of, what], run: null });
      return [
        ...(failure === null ? [] : [row(failure.reason, failure.message)]),
        ...(verification?.findings ?? []).map((finding) => row("finding", finding)),
        ...warnings.map((warning) => row("warning", warning)),
      ];
    }),
  };
}
