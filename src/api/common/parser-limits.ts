import { dirname, join } from "node:path";
import { LARGEST_PARTS } from "#abi/limits.ts";
import { ofEveryPart, type PerPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import type { LoadedParser } from "#bpf-vm/load-parser.ts";
import { readInput } from "#files/input-file.ts";
import { type PartLimits, parseImageSize } from "#generate/image-size.ts";
import { ringLimits } from "#verify/ring-limits.ts";

/** What the user says of the largest parts that a parser's records have room for, in bytes. */
export type GivenLimits = PerPart<number | undefined>;

export type FoundLimits = {
  readonly limits: PartLimits;
  /** On whose word. */
  readonly from: string;
};

/**
 * What the records of the parser in `file` have room for: by what is given, else by `image_size.h` beside it or, for a `.c`, in
 * `include`, else by the rings.
 */
export async function limitsOf(
  file: string,
  parser: LoadedParser,
  { limits, include }: { readonly limits: GivenLimits; readonly include: readonly string[] },
  revision: Revision,
): Promise<FoundLimits> {
  const given = ofEveryPart(limits);
  if (given !== undefined) return { limits: given, from: "options" };
  const folders = [dirname(file), ...(file.endsWith(".c") ? include : [])];
  const base = (await imageSizes(folders)) ?? {
    limits: ringLimits(parser, revision) ?? LARGEST_PARTS,
    from: "ring buffers",
  };
  const own = Object.entries(limits).filter(([, value]) => value !== undefined);
  return {
    limits: { ...base.limits, ...(Object.fromEntries(own) as Partial<PartLimits>) },
    from: own.length === 0 ? base.from : `options, ${base.from}`,
  };
}

async function imageSizes(folders: readonly string[]): Promise<FoundLimits | undefined> {
  for (const folder of folders) {
    const header = await readInput(join(folder, "image_size.h"));
    const limits = header.ok ? parseImageSize(Buffer.from(header.value).toString()) : undefined;
    if (limits !== undefined) return { limits, from: "image_size.h" };
  }
  return undefined;
}
