import type { CampaignProgress, CampaignSummary } from "#fuzz/campaign-request.ts";
import { EMPTY_LINE } from "#report/visible.ts";
import type { Io } from "./io.ts";

/** How often a line is written where there is no terminal, in milliseconds. */
const LINE_EVERY = 10_000;

/** Shows a campaign's progress on stderr: a line that changes on a terminal, else a line every ten seconds. */
export function progressPrinter(io: Io): {
  readonly show: (progress: CampaignProgress) => void;
  readonly end: () => void;
} {
  if (io.terminal.stderr) {
    return {
      show: (progress) => io.stderr(`${EMPTY_LINE}${progressText(progress).slice(0, io.columns - 1)}`),
      end: () => io.stderr(EMPTY_LINE),
    };
  }
  let next = LINE_EVERY;
  return {
    show: (progress) => {
      if (progress.milliseconds < next) return;
      next = progress.milliseconds + LINE_EVERY;
      io.stderr(`${progressText(progress)}\n`);
    },
    end: () => undefined,
  };
}

function progressText(progress: CampaignProgress): string {
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

export function summaryText(parser: string, folder: string, summary: CampaignSummary): string {
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

export function summaryJson(parser: string, workers: number, summary: CampaignSummary): unknown {
  const { saved, findings: _count, ...facts } = summary;
  return { schema: 1, parser, workers, ...facts, casesPerSecond: rate(summary), findings: saved };
}

function rate({ cases, milliseconds }: CampaignProgress): number {
  return Math.round((1000 * cases) / Math.max(1, milliseconds));
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
