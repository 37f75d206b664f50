import type { FindingRecord } from "#core/verification.ts";

/** Where people look for a finding: the parser's line, or, where none is known, the image. Paths as the user would name them. */
export type FindingPlace = {
  readonly file: string;
  readonly source: { readonly line: number; readonly text: string } | null;
};

/** A source is named as the compiler was told, and compilers run beside what they make. */
export function findingPlace({ source }: FindingRecord, image: string, parser: string): FindingPlace {
  if (source === null) return { file: image, source };
  const { file, line, text } = source;
  const folder = file.startsWith("/") ? "" : parser.slice(0, parser.lastIndexOf("/") + 1);
  return { file: folder + file, source: { line, text } };
}
