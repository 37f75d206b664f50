import { cacheText } from "#commands/build/text.ts";
import { formatSize } from "#core/sizes.ts";
import { isGood, type KernelRecord, type ParserOutcome } from "#fleet/record.ts";
import type { FleetReport } from "#fleet/report.ts";
import { table } from "#report/table.ts";

const HEAD = ["kernel", "parser", "built", "loads", "verdict", "instructions", "size", "time", "work"];

/** A fleet's table: a row for each kernel and parser. */
export function fleetTable(kernels: readonly KernelRecord[]): string {
  return table([HEAD, ...kernels.flatMap(rowsOf)]);
}

function rowsOf(kernel: KernelRecord): readonly (readonly string[])[] {
  const { name, state, parsers, milliseconds } = kernel;
  const built = { built: "yes", failed: "FAILED", left: "left" }[state];
  const time = state === "left" ? "" : `${(milliseconds / 1000).toFixed(1)} s`;
  const end = [time, workText(kernel)];
  if (parsers.length === 0) return [[name, "", built, "", "", "", "", ...end]];
  return parsers.map((parser, i) => [
    ...(i === 0 ? [name] : [""]),
    parser.target,
    built,
    answer(parser.loads, "yes", "NO"),
    parser.verdict === "failed" ? "FAILED" : (parser.verdict ?? "-"),
    instructionsText(parser),
    formatSize(parser.size),
    ...(i === 0 ? end : []),
  ]);
}

function answer(value: boolean | null, yes: string, no: string): string {
  if (value === null) return "-";
  return value ? yes : no;
}

function instructionsText({ instructions, verifierInstructions }: ParserOutcome): string {
  const own = instructions === null ? "-" : String(instructions);
  return verifierInstructions === null ? own : `${own} (verifier: ${verifierInstructions})`;
}

function workText({ work }: KernelRecord): string {
  const { ran, shared, cached } = work;
  const parts = [
    [ran, "ran"],
    [shared, "shared"],
    [cached, "cached"],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

/** The whole in a few lines, and what is wrong. */
export function fleetSummary({ counts, kernels, cache, milliseconds, shard }: FleetReport): string {
  const { built, failed, left } = counts;
  const part = shard === null ? "" : `shard ${shard.index} of ${shard.count}: `;
  const lines = [
    `${part}${built} built, ${failed} failed, ${left} left, in ${(milliseconds / 1000).toFixed(1)} s`,
    ...(cache === null ? [] : [`cache ${cacheText(cache)}`]),
    ...kernels.filter((kernel) => kernel.state !== "left" && !isGood(kernel)).flatMap(troubleLines),
  ];
  return lines.join("\n");
}

/** Why a kernel is not good, the first line with its name. */
export function troubleLines({ name, failure, verification, parsers }: KernelRecord): readonly string[] {
  const unloaded = parsers.flatMap(({ target, loads }) =>
    loads === false ? [`${target} does not load`] : [],
  );
  const words = [...(failure?.message.split("\n") ?? []), ...unloaded, ...(verification?.findings ?? [])];
  return words.map((line, i) => (i === 0 ? `${name}: ${line}` : `  ${line}`));
}
