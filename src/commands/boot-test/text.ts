import type { BootTestReport } from "#api/boot-test.ts";
import type { Failure } from "#core/failure.ts";
import type { SecondBootReport } from "#guest/second-kernel.ts";
import { failureJson } from "#report/failure-json.ts";
import { table } from "#report/table.ts";

export function bootText(
  { release, parsers, cmdline, expected }: SecondBootReport,
  milliseconds: number,
): string {
  return `${table([
    ["first kernel", release],
    ...parsers.map(({ path, commands }) => [path, `${commands} commands`]),
    ["second kernel", `started with: ${cmdline}`],
    ["its console", `shows: ${expected}`],
    ["took", `${(milliseconds / 1000).toFixed(1)} s`],
  ])}\n`;
}

/** @param failure the first thing that went wrong */
export function bootJson({ booted, milliseconds }: BootTestReport, failure: Failure | undefined): object {
  const head = { ...(failure && failureJson(failure)), schema: 1, passed: booted.ok, milliseconds };
  if (!booted.ok) return head;
  const { release, parsers, cmdline, expected, secondConsole } = booted.value;
  return { ...head, release, parsers, cmdline, expected, secondConsole };
}
