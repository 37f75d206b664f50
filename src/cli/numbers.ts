import { availableParallelism } from "node:os";
import { LARGEST_PART } from "#api/limits.ts";
import { err, ok, type Result } from "#core/result.ts";
import { parseSize } from "#core/sizes.ts";

/** How a number is written. `size` and `time` take a unit. */
type Kind = "count" | "size" | "time";

type Range = { readonly kind: Kind; readonly least: number; readonly most: number };

const SIZE: Range = { kind: "size", least: 1, most: LARGEST_PART };
/** Seconds. */
const DAY = 86_400;

/** Every number that a command takes, with what it may be. */
const RANGES = {
  "max-kernel": SIZE,
  "max-initrd": SIZE,
  "max-cmdline": SIZE,
  limit: SIZE,
  jobs: { kind: "count", least: 1, most: 1024 },
  // Each is a thread with parser and images of its own.
  workers: { kind: "count", least: 1, most: Math.max(64, availableParallelism()) },
  runs: { kind: "count", least: 1, most: Number.MAX_SAFE_INTEGER },
  seed: { kind: "count", least: 0, most: Number.MAX_SAFE_INTEGER },
  "log-level": { kind: "count", least: 0, most: 7 },
  timeout: { kind: "count", least: 1, most: DAY },
  time: { kind: "time", least: 0, most: 365 * DAY },
} as const satisfies Readonly<Record<string, Range>>;

export type NumberName = keyof typeof RANGES;

const KINDS: Readonly<Record<Kind, { readonly parse: (text: string) => number; readonly form: string }>> = {
  count: { parse: (text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN), form: "a number" },
  size: { parse: (text) => parseSize(text) ?? Number.NaN, form: "bytes, or a number with K, M or G" },
  time: { parse: seconds, form: "seconds, or a number with s, m or h" },
};

/** `90`, `90s`, `15m`, `8h` as seconds. */
function seconds(text: string): number {
  const [, number, unit = ""] = /^(\d{1,9}(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  return number === undefined ? Number.NaN : Number(number) * (unit === "h" ? 3600 : unit === "m" ? 60 : 1);
}

/**
 * Reads a number that the user gives: a count, bytes or seconds. The one place that refuses those out of range.
 *
 * @param said how the user said it, such as `--max-kernel 0`
 * @returns `usage`, with what is possible
 */
export function parseNumber(name: NumberName, text: string, said = `--${name} ${text}`): Result<number> {
  const { kind, least, most } = RANGES[name];
  const { parse, form } = KINDS[kind];
  const value = parse(text);
  if (value >= least && value <= most) return ok(value);
  return err({ reason: "usage", detail: `${said}: from ${least} to ${most} is possible (${form})` });
}

/** What yargs is told of such an option. */
export function numberOption(name: NumberName) {
  return {
    type: "string",
    requiresArg: true,
    // A default passes here, too.
    coerce: (given: string | number): number => {
      const number = parseNumber(name, String(given));
      if (number.ok) return number.value;
      throw new Error("detail" in number.failure ? number.failure.detail : name);
    },
  } as const;
}
