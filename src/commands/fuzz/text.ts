import type { FuzzReport } from "#api/fuzz.ts";
import type { CampaignProgress } from "#core/events.ts";

export function progressText(progress: CampaignProgress): string {
  const { cases, branches, queue, findings } = progress;
  const covered = branches.all === 0 ? 100 : Math.floor((100 * branches.reached) / branches.all);
  return [
    `${count(cases)} cases`,
    `${count(rate(progress))}/s`,
    `branches ${covered} % (${branches.reached} of ${branches.all} directions)`,
    `queue ${queue}`,
    `findings ${findings}`,
  ].join(", ");
}

/** @param folder as the user names it */
export function summaryText(parser: string, folder: string, summary: FuzzReport): string {
  const { saved, seed, first, next } = summary;
  const lines = [
    `${parser}: ${progressText(summary)}`,
    `seed ${seed}, cases ${first} to ${next - 1}, corpus ${folder}`,
    ...saved.flatMap(({ why, injection, command }) => [
      "",
      why,
      ...(injection === null || injection === undefined ? [] : [`  denied: ${JSON.stringify(injection)}`]),
      `  ${command}`,
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

export function summaryJson(parser: string, workers: number, summary: FuzzReport): unknown {
  const { saved, findings: _count, ...facts } = summary;
  return { schema: 1, parser, workers, ...facts, casesPerSecond: rate(summary), findings: saved };
}

function rate({ cases, milliseconds }: CampaignProgress): number {
  return Math.round((1000 * cases) / Math.max(1, milliseconds));
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
