import type { NamedFile } from "#api/common/named-file.ts";
import type { Context } from "#api/context.ts";
import type { OpenRecord, ProgramRecord, ProofRecord } from "#core/proof-record.ts";
import { ok, type Result } from "#core/result.ts";
import type { PageRow, PageTable } from "#page/data.ts";
import { findingText } from "#report/finding-text.ts";
import { type KeptParser, pageParser } from "./page-parser.ts";
import { PageImages, pageReferenceNamed, resultPage } from "./result-page.ts";

/**
 * The page that `prove --html` writes: proofs, their obligations, and what is open; a row of what is refuted opens the run that shows it.
 *
 * @param counterexamples by the names that the record has for them
 *
 * Errors: those of reading the parsers, and of `resultPage`.
 */
export async function proofPage(
  record: ProofRecord,
  parsers: readonly NamedFile[],
  counterexamples: ReadonlyMap<string, Uint8Array>,
  { emit }: Pick<Context, "emit">,
): Promise<Result<Buffer>> {
  const images = new PageImages();
  for (const [name, bytes] of counterexamples) images.add({ name, bytes }, true);
  const kept = await parsersFor(record, parsers, emit);
  if (!kept.ok) return kept;
  const tables = [proofTable(record), openTable(record), obligationTable(record)];
  return resultPage({
    title: "kexec-bpf prove",
    tables: tables.filter(({ rows }, i) => i !== 1 || rows.length > 0),
    parsers: kept.value,
    images: images.images,
    own: undefined,
  });
}

/** A page compiles nothing: of a `.c` it shows no runs. */
async function parsersFor(
  { programs }: ProofRecord,
  parsers: readonly NamedFile[],
  emit: Context["emit"],
): Promise<Result<readonly KeptParser[]>> {
  const kept: KeptParser[] = [];
  for (const parser of parsers) {
    const first = programs.find((one) => one.parser.file === parser.name)?.parser;
    if (first === undefined || parser.file.endsWith(".c")) continue;
    const read = await pageParser(parser, { emit });
    if (!read.ok) return read;
    kept.push({ ...read.value, limits: first.limits, reference: pageReferenceNamed(first.reference) });
  }
  return ok(kept);
}

function proofTable({ programs, solver, specification }: ProofRecord): PageTable {
  const by = solver === null ? "" : `, ${solver.name} ${solver.version}`;
  return {
    title: "Proofs",
    note: `For every image; specification ${specification}${by}.`,
    columns: [
      { label: "parser", kind: "text" },
      { label: "revision", kind: "text" },
      { label: "ok", kind: "verdict" },
      { label: "theorem", kind: "text" },
      { label: "obligations", kind: "number" },
      { label: "open", kind: "number" },
      { label: "paths", kind: "number" },
      { label: "queries", kind: "number" },
      { label: "seconds", kind: "number" },
    ],
    rows: programs.map((program): PageRow => {
      const { parser, theorem, proven, obligations, open, paths, queries, seconds } = program;
      const shown = obligations.reduce((sum, { calculated, solved }) => sum + calculated + solved, 0);
      const left = open.reduce((sum, { count }) => sum + count, 0);
      return {
        cells: [
          ...[parser.name, parser.revision, proven, theorem, shown, left],
          ...[paths?.confirmed ?? null, queries, Math.round(1000 * seconds) / 1000],
        ],
        run: null,
      };
    }),
  };
}

function openTable({ programs }: ProofRecord): PageTable {
  return {
    title: "Open",
    note: "What is not shown. What is refuted opens the run that shows it.",
    columns: [
      { label: "parser", kind: "text" },
      { label: "status", kind: "text" },
      { label: "obligation", kind: "text" },
      { label: "paths", kind: "number" },
      { label: "source", kind: "code" },
      { label: "what", kind: "code" },
    ],
    rows: programs.flatMap((program) => program.open.map((open) => openRow(program, open))),
  };
}

function openRow({ parser }: ProgramRecord, open: OpenRecord): PageRow {
  const { kind, detail, status, count, source, counterexample } = open;
  const line = source && `${source.file}:${source.line}  ${source.text}`;
  const [finding] = counterexample?.findings ?? [];
  const denied = counterexample?.injection ?? null;
  return {
    cells: [
      ...[parser.name, status, `${kind}: ${detail}`, count, line],
      finding === undefined ? null : findingText(finding),
    ],
    run: counterexample && {
      image: counterexample.name,
      parser: parser.name,
      path: denied && JSON.stringify(denied),
    },
  };
}

function obligationTable({ programs }: ProofRecord): PageTable {
  return {
    title: "Obligations",
    note: "By kind: shown by calculation alone, and by the solver.",
    columns: [
      { label: "parser", kind: "text" },
      { label: "kind", kind: "text" },
      { label: "calculated", kind: "number" },
      { label: "solved", kind: "number" },
      { label: "open", kind: "number" },
    ],
    rows: programs.flatMap(({ parser, obligations, open }) =>
      obligations.map(({ kind, calculated, solved }): PageRow => {
        const left = open.filter((one) => one.kind === kind).reduce((sum, { count }) => sum + count, 0);
        return { cells: [parser.name, kind, calculated, solved, left], run: null };
      }),
    ),
  };
}
