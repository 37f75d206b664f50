import type { Revision } from "#abi/revisions.ts";
import type { CorpusReport } from "#api/corpus.ts";

/** @param folder as the user names it */
export function corpusText(folder: string, revision: Revision, { cases }: CorpusReport): string {
  return `${folder}: ${cases.length} images of revision ${revision}\n`;
}
