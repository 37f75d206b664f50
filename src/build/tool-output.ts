import { readFileSync } from "node:fs";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { type LightSkeleton, parseLightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";

/** Tells whether what a tool wrote is whole. A tool that ends well may still have written half of it. */
export type OutputCheck = (bytes: Uint8Array) => Result<unknown>;

/**
 * Checks a tool's output before it takes its place.
 *
 * @param file where the tool wrote it
 * @param name what it is going to be called, as failures have it
 */
export function checkToolOutput(file: string, name: string, check: OutputCheck): Result<void> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return err(fileFailed("read", file, error));
  }
  const checked = check(bytes);
  return checked.ok ? ok(undefined) : err(inFile(checked.failure, name));
}

/** Bytes of a header's beginning and end that are looked at. */
const EDGE = 4096;
const GUARD = /^#ifndef \w+\s*$/m;
const GUARD_END = /(?:^|\n)#endif[ \t]*(?:\/\*[^\n]*\*\/)?\s*\n$/;
const DECLARATION_END = /;\s*\n$/;

/** A C header that ends as it begins: with the `#endif` of its guard, or with a declaration where it has none. */
export const isWholeHeader: OutputCheck = (bytes) => {
  const text = (part: Uint8Array) => Buffer.from(part).toString("latin1");
  const guarded = GUARD.test(text(bytes.subarray(0, EDGE)));
  const tail = text(bytes.subarray(-EDGE));
  if ((guarded ? GUARD_END : DECLARATION_END).test(tail)) return ok(undefined);
  const end = guarded ? "the #endif of its guard" : "a declaration";
  return err(incomplete("C header", bytes.length, `it does not end with ${end}`));
};

let last: { readonly text: string; readonly parsed: Result<LightSkeleton> } | undefined;

/** A light skeleton's content. The last one is kept: what checks bpftool's output has read what the next rules are made from. */
export function readLightSkeleton(text: string): Result<LightSkeleton> {
  if (last?.text !== text) last = { text, parsed: parseLightSkeleton(text) };
  return last.parsed;
}

/** A light skeleton whose arrays are there, and which is whole. */
export const isWholeSkeleton: OutputCheck = (bytes) => {
  const parsed = readLightSkeleton(Buffer.from(bytes).toString());
  return parsed.ok ? isWholeHeader(bytes) : parsed;
};

/** An object of which every section lies in the file, the table of sections included. */
export const isWholeElf: OutputCheck = (bytes) => {
  const elf = decodeElf(bytes);
  if (!elf.ok) return elf;
  if (elf.value.section(".text") === undefined && elf.value.section(".BTF") === undefined) {
    return err(incomplete("ELF", bytes.length, "it has neither code nor types"));
  }
  return elf;
};

function incomplete(format: string, length: number, why: string): Failure {
  const detail = `the tool ended well, but what it wrote is not whole: ${why}`;
  return { reason: "malformed", format, section: "end", offset: length, detail };
}
