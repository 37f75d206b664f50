import type { SourcePlace } from "#core/coverage.ts";
import type { OpenRecord, ProgramRecord, ProofRecord } from "#core/proof-record.ts";
import { formatSize } from "#core/sizes.ts";
import { findingText } from "#report/finding-text.ts";
import type { Style } from "#report/style.ts";

export function proofText({ programs, solver, specification }: ProofRecord, style: Style): string {
  const by = solver === null ? "" : `, ${solver.name} ${solver.version}`;
  const lines = programs.flatMap((program) => programLines(program, style));
  return `${[...lines, style.dim(`specification ${specification}${by}`)].join("\n")}\n`;
}

function programLines(program: ProgramRecord, style: Style): readonly string[] {
  const { parser, theorem, proven, obligations, paths, queries, seconds } = program;
  const { kernel, initrd, cmdline } = parser.limits;
  const title = proven ? style.good("proven") : style.bad("not proven");
  const shown = obligations.reduce((sum, { calculated, solved }) => sum + calculated + solved, 0);
  const what =
    theorem === "whole"
      ? `every image: what ${parser.reference} says, and nothing else`
      : "every image: safety alone (what is sent is not judged)";
  const images = paths === null ? "" : `, ${paths.confirmed} paths with an image each`;
  return [
    `${title}  ${parser.name}  ${parser.revision}  ${what}`,
    `  parts up to ${formatSize(kernel)}, ${formatSize(initrd)}, ${formatSize(cmdline)} (${parser.limitsFrom})`,
    `  ${shown} obligations, ${queries} queries${images}, ${seconds.toFixed(1)} s`,
    ...program.open.flatMap((one) => openLines(one, style)),
    ...program.gaps.map(
      ({ detail, instruction, source }) => `  ${style.bad("unknown")}  ${detail}${at(instruction, source)}`,
    ),
    ...program.divergences.map(
      ({ instruction, source }) =>
        `  ${style.bad("bug")}  prover and virtual machine go different ways${at(instruction, source)}`,
    ),
    ...pathLines(program, style),
  ];
}

/** What keeps a proof from saying something of runs. */
function pathLines({ paths }: ProgramRecord, { bad }: Style): readonly string[] {
  const lines: string[] = [];
  if (paths === null) return lines;
  if (paths.elsewhere > 0) {
    const why = "other members of the context decide, error numbers, or loops without a specification";
    lines.push(`  ${paths.elsewhere} paths were not run: ${why}`);
  }
  if (paths.undecided > 0)
    lines.push(`  ${bad("undecided")}  ${paths.undecided} paths: the solver had not enough time`);
  if (paths.sending === 0) lines.push(`  ${bad("vacuous")}  no image is known for which it sends anything`);
  if (paths.refusing === 0) lines.push(`  ${bad("vacuous")}  no image is known that it refuses`);
  return lines;
}

const STATUS: Readonly<Record<OpenRecord["status"], string>> = {
  refuted: "refuted",
  unconfirmed: "may fail (no run was found that shows it)",
  undecided: "undecided (the solver had not enough time)",
};

function openLines(
  { kind, detail, count, instruction, source, status, counterexample }: OpenRecord,
  style: Style,
): readonly string[] {
  const paths = count === 1 ? "" : ` (on ${count} paths)`;
  const lines = [`  ${style.bad(STATUS[status])}  ${kind}: ${detail}${paths}${at(instruction, source)}`];
  if (counterexample === null) return lines;
  const { file, size, run, findings } = counterexample;
  lines.push(`    by ${file ?? `an image of ${size} bytes`}, ${run}`);
  return [...lines, ...findings.map((finding) => `    ${findingText(finding)}`)];
}

function at(instruction: number, source: SourcePlace | null): string {
  const place = source === null ? "" : ` ${source.file}:${source.line}: ${source.text}`;
  return `\n    at instruction ${instruction}${place}`;
}
