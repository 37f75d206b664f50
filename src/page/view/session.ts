import type { Failure } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import type { Inspection } from "#inspect/types.ts";
import { type Field, fieldsOf } from "#page/model/fields.ts";
import { inspectBytes } from "#page/model/inspection.ts";
import type { PackedParser } from "#page/model/page-data.ts";
import { openSubjects } from "#page/model/parsers.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { LoadedFile } from "./load-data.ts";

/** An image that the page has opened. */
export type OpenImage = LoadedFile & {
  readonly inspection: Inspection;
  readonly fields: readonly Field[];
};

/** A parser that the page has opened, or why it cannot be. */
export type OpenParser = {
  readonly name: string;
  readonly subjects: Result<readonly ParserUnderTest[], Failure>;
};

/** Looks at an image. A failure here is a bug: a file that is in memory can always be inspected. */
export async function openImage({ name, bytes }: LoadedFile): Promise<OpenImage> {
  const inspection = await inspectBytes(name, bytes, false);
  if (!inspection.ok) throw new Error(`${name}: ${inspection.failure.reason}`);
  return { name, bytes, inspection: inspection.value, fields: fieldsOf(bytes) };
}

export function openParserFile({ name, bytes }: LoadedFile, limits?: PackedParser["limits"]): OpenParser {
  return { name, subjects: openSubjects(name, bytes, limits) };
}

/** Whether a file that was dropped is a parser: it loads as one. */
export function isParser({ name, bytes }: LoadedFile): boolean {
  return openSubjects(name, bytes).ok;
}
