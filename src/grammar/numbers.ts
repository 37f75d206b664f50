import { err, ok, type Result } from "#core/result.ts";
import { parseSize } from "#core/sizes.ts";
import type { NumberRow } from "./rows.ts";

export type Range = Pick<NumberRow, "type" | "least" | "most">;

type Form = { readonly parse: (text: string) => number; readonly form: string };

const FORMS: Readonly<Record<NumberRow["type"], Form>> = {
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
export function parseNumber({ type, least, most }: Range, text: string, said: string): Result<number> {
  const { parse, form } = FORMS[type];
  const value = parse(text);
  if (value >= least && value <= most) return ok(value);
  return err({ reason: "usage", detail: `${said}: from ${least} to ${most} is possible (${form})` });
}
