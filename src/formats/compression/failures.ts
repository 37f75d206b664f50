import type { Malformed, SizeExceeded } from "#core/failure.ts";
import { type Err, err } from "#core/result.ts";
import type { CodecOptions } from "./types.ts";

/** The stream of `format` goes wrong at `offset` (from the start of the input). */
export function corrupt(
  format: string,
  options: Pick<CodecOptions, "base">,
  offset: number,
  detail: string,
): Err<Malformed> {
  return err({
    reason: "malformed",
    format,
    section: "compressed data",
    offset: options.base + offset,
    detail,
  });
}

/** `size` is what the stream declares, or one more than the limit where it only proved to be too long. */
export function tooLarge(
  format: string,
  options: Pick<CodecOptions, "limit">,
  size = options.limit + 1,
): Err<SizeExceeded> {
  return err({ reason: "size-exceeded", what: `decompressed ${format} data`, size, limit: options.limit });
}
