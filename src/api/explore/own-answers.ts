import { basename } from "node:path";
import type { PageAnswer, PageFormat } from "#page/data.ts";
import { recordAnswers } from "#page/model/own-format.ts";
import { openSubjects } from "#page/model/subjects.ts";
import type { OwnReference } from "#verify/references.ts";
import type { KeptParser } from "./page-parser.ts";

/** What a page has of the user's own format beside its answers. */
export function pageFormat(own: OwnReference | undefined): PageFormat | null {
  return own === undefined ? null : { name: own.name, file: basename(own.file), fields: own.fields };
}

/** Asks the user's own format about images, for each of the page's parsers that are judged by it. */
export function answersIn(
  own: OwnReference | undefined,
  parsers: readonly KeptParser[],
): (image: Uint8Array) => readonly PageAnswer[] {
  if (own === undefined) return () => [];
  const subjects = parsers.flatMap(({ bytes, ...parser }) => {
    const opened = openSubjects(parser, bytes, own);
    // The page says why it cannot be loaded.
    return opened.ok ? opened.value : [];
  });
  return (image) => recordAnswers(own, image, subjects).map(withoutFolder);
}

/** Where the module lies is not for those to know whom a page is passed on to. */
function withoutFolder(answer: PageAnswer): PageAnswer {
  const { failure } = answer;
  if (failure?.reason !== "bad-reference") return answer;
  return { ...answer, commands: null, failure: { ...failure, file: basename(failure.file) } };
}
