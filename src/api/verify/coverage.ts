import { join } from "node:path";
import { packageRoot } from "#api/common/package-root.ts";
import { declaredFor, parseDeclarations } from "#bpf-vm/coverage/declared.ts";
import { coverageReport } from "#bpf-vm/coverage/report.ts";
import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import type { CoverageReport } from "#core/coverage.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { referenceTitle } from "#verify/references.ts";
import type { ParserUnderTest } from "#verify/subject.ts";

/** A byte for each slot of each of a subject's programs, over all images. */
export type Reached = ReadonlyMap<ParserUnderTest, readonly Coverage[]>;

/** Where runs note what they reach. */
export function noneReached(parsers: readonly { readonly subject: ParserUnderTest }[]): Reached {
  return new Map(
    parsers.map(({ subject }) => [
      subject,
      subject.programs.map(({ lowered }) => new Uint8Array(lowered.bySlot.length)),
    ]),
  );
}

/** What the runs have reached of each program, less what is declared to be out of every input's reach. */
export async function parserCoverage(reached: Reached): Promise<Result<readonly CoverageReport[]>> {
  const file = join(packageRoot(), "templates", "coverage", "unreachable.json");
  const text = await readInput(file);
  if (!text.ok) return text;
  const declarations = parseDeclarations(Buffer.from(text.value).toString());
  if (!declarations.ok) return err(inFile(declarations.failure, file));
  return ok(
    [...reached].flatMap(([{ name, reference, revision, programs }, coverage]) =>
      programs.map((program, i) => {
        const declared = declaredFor(declarations.value, referenceTitle(reference), revision);
        const report = coverageReport(program, coverage[i] ?? new Uint8Array(), declared);
        return { ...report, program: `${name} ${report.program}` };
      }),
    ),
  );
}
