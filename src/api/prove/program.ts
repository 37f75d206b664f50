import { basename } from "node:path";
import type { Context } from "#api/context.ts";
import { type LoadedProgram, sourceOf } from "#bpf-vm/program.ts";
import type { Failure } from "#core/failure.ts";
import type { ProgramRecord } from "#core/proof-record.ts";
import { ok, type Result } from "#core/result.ts";
import type { ParserRecord } from "#core/verification.ts";
import { digest } from "#files/digest.ts";
import type { Output } from "#files/output-set.ts";
import { type AskedQuery, isProven, proveProgram } from "#prove/proof.ts";
import type { Solver } from "#prove/solver/solver.ts";
import { specificationFor } from "#prove/specification/for-reference.ts";
import { forgetTerms } from "#prove/terms/term.ts";
import { sourcePlace } from "#verify/finding-record.ts";
import { corpusFor } from "#verify/mutations/corpus.ts";
import { referenceTitle } from "#verify/references.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import { openRecords } from "./open-records.ts";
import type { ProveRequest } from "./request.ts";
import { scriptFiles } from "./scripts.ts";

/** What proofs share. */
export type Desk = {
  readonly solver: Solver;
  /** What is to be written when all is done. */
  readonly outputs: Output[];
  /** Images of counterexamples, by their names. */
  readonly images: Map<string, Uint8Array>;
  /** What was proven, by all that it depends on: containers have parsers in common. */
  readonly proven: Map<string, ProgramRecord>;
};

/** Proves the programs of a parser. Errors: `cancelled`, `tool-failed`. */
export async function proveSubject(
  subject: ParserUnderTest,
  parser: ParserRecord,
  request: ProveRequest,
  desk: Desk,
  context: Context,
): Promise<Result<readonly ProgramRecord[], Failure>> {
  const records: ProgramRecord[] = [];
  for (const program of subject.programs) {
    const key = identity(subject, program, parser, request.safety);
    const known = desk.proven.get(key);
    if (known !== undefined) {
      records.push({ ...known, parser: { ...parser, limits: known.parser.limits }, queries: 0, seconds: 0 });
      continue;
    }
    const proven = await proveOne(subject, program, parser, request, desk, context).finally(forgetTerms);
    if (!proven.ok) return proven;
    if (proven.value.proven) desk.proven.set(key, proven.value);
    records.push(proven.value);
  }
  return ok(records);
}

/** All that a proof depends on but the prover itself. */
function identity(
  { reference, revision, arch, header, context }: ParserUnderTest,
  { instructions, immediates, kfuncs, maps }: LoadedProgram,
  { limits, limitsFrom }: ParserRecord,
  safety: boolean,
): string {
  const program = { instructions, immediates: [...immediates], kfuncs: [...kfuncs], maps };
  const places = [...header.places];
  const all = {
    program,
    reference: referenceTitle(reference),
    revision,
    arch,
    header,
    places,
    context,
    limits,
    limitsFrom,
    safety,
  };
  return digest(
    JSON.stringify(all, (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? [...value] : value,
    ),
  );
}

function tellAsking(name: string, { emit }: Context): (what: string, count: number) => void {
  return (what, count) =>
    emit({ kind: "progress", what: `${name}: ${count} queries (${what})`, done: 0, total: 0 });
}

async function proveOne(
  subject: ParserUnderTest,
  program: LoadedProgram,
  parser: ParserRecord,
  { safety, smt2, counterexamples }: ProveRequest,
  { solver, outputs, images }: Desk,
  context: Context,
): Promise<Result<ProgramRecord, Failure>> {
  const started = performance.now();
  const { reference, revision, arch, header } = subject;
  const specification = safety ? undefined : specificationFor(reference, revision, arch);
  const corpus = corpusFor(reference, revision, arch);
  const asked: AskedQuery[] = [];
  const proof = await proveProgram(
    {
      ...{ program, context: subject.context, header },
      ...(specification && { specification }),
      limits: parser.limitsFrom === "ring buffers" ? undefined : parser.limits,
    },
    {
      ...{ solver, signal: context.signal },
      images: corpus.ok ? corpus.value.map(({ image }) => image) : [],
      ...(smt2 !== undefined && { onQuery: (one: AskedQuery) => asked.push(one) }),
      onAsking: tellAsking(subject.name, context),
    },
  );
  if (!proof.ok) return proof;
  const name = fileTitle(subject, program);
  if (smt2 !== undefined) outputs.push(...scriptFiles(smt2, name, asked));
  const judged = { ...subject, limits: proof.value.limits, programs: [program] };
  const found = await openRecords(
    judged,
    proof.value.open,
    { name, counterexamples, outputs, images },
    context,
  );
  const { obligations, gaps, paths, divergences, unreached, queries, limits } = proof.value;
  const place = (instruction: number) => ({
    instruction,
    source: sourcePlace(sourceOf(program, instruction)),
  });
  return ok({
    parser: { ...parser, limits, ...(parser.limitsFrom === "ring buffers" && { limitsFrom: "records" }) },
    program: program.section ?? program.name,
    theorem: specification === undefined ? "safety" : "whole",
    proven: isProven(proof.value),
    ...{ obligations, open: found },
    gaps: gaps.map(({ slot, detail }) => ({ detail, ...place(slot) })),
    paths: paths ?? null,
    divergences: divergences.map(({ slot }) => place(slot)),
    unreachable: unreached.map(place),
    queries,
    seconds: (performance.now() - started) / 1000,
  });
}

function fileTitle({ name }: ParserUnderTest, { section = "" }: LoadedProgram): string {
  return `${basename(name.split(" ")[0] ?? name)}${section}`.replace(/[^\w.-]+/g, "-");
}
