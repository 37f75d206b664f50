import { resolve } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { loadInput, subjectOf } from "#fuzz/campaign-input.ts";
import { readCampaignState } from "#fuzz/corpus-folder.ts";
import { type MergedCorpora, mergeCorpora } from "#fuzz/merge-corpora.ts";
import { openReference } from "#own-formats/open-reference.ts";
import type { NamedFile } from "./common/named-file.ts";
import { limitsOf } from "./common/parser-limits.ts";
import type { FuzzRequest } from "./fuzz.ts";

export type FuzzMergeRequest = Pick<FuzzRequest, "reference" | "abi" | "arch" | "limits"> & {
  /** Corpus folders, absolute. */
  readonly folders: readonly string[];
  /** Gets the merged corpus. */
  readonly out: string;
  /** Default: that of the first folder's campaign. */
  readonly parser: NamedFile | undefined;
};

/**
 * Joins the corpora of campaigns on one parser, by what its branches say.
 *
 * Errors: `input-not-found` where no folder says the parser; those of loading it, and of `mergeCorpora`.
 */
export async function mergeFuzz(request: FuzzMergeRequest): Promise<Result<MergedCorpora>> {
  const { folders, out, reference, abi, arch } = request;
  const named = request.parser === undefined ? await parserOf(folders) : ok(request.parser);
  if (!named.ok) return named;
  const { name, file } = named.value;
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const loaded = loadInput(name, bytes.value, abi);
  if (!loaded.ok) return loaded;
  const { parser, revision } = loaded.value;
  const found = await limitsOf(file, parser, { limits: request.limits, include: [] }, revision);
  const input = { name, bytes: bytes.value, revision, limits: found.limits, reference, arch };
  const opened = reference === undefined ? ok(undefined) : await openReference(reference);
  if (!opened.ok) return opened;
  const subject = subjectOf(parser, input, opened.value);
  return subject.ok ? mergeCorpora(subject.value, folders, out) : subject;
}

async function parserOf(folders: readonly string[]): Promise<Result<NamedFile>> {
  for (const folder of folders) {
    const state = await readCampaignState(folder);
    if (!state.ok) return state;
    const said = state.value?.parser;
    if (said === undefined) continue;
    const file = resolve(folder, said);
    return ok({ name: file, file });
  }
  return err({ reason: "input-not-found", what: "the parser", tried: folders, hint: "--parser FILE" });
}
