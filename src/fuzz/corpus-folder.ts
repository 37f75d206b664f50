import { join } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed, isMissing } from "#files/errno.ts";
import { filesIn } from "#files/folder.ts";
import { readInput, readInputText } from "#files/input-file.ts";
import { makeFolder, removeStaleTemporaries, writeOutput } from "#files/output.ts";
import type { CorpusCase } from "#verify/corpus-case.ts";
import type { Shown } from "./engine/minimise.ts";

/** How far a campaign has come. `identity` tells whether another run goes on with it. */
export type SavedState = {
  readonly schema: 1;
  readonly identity: string;
  readonly seed: number;
  /** The number of the next case. */
  readonly next: number;
  /** The parser's file, from this folder. */
  readonly parser?: string;
};

/** What a queue entry's or a finding's description has besides. */
export type SavedDescription = CorpusCase & {
  /** The seed file that it comes from. */
  readonly origin: string;
  readonly key?: string;
  /** The command that shows the finding. */
  readonly command?: string;
};

export type SavedCase = Shown & { readonly name: string; readonly description: SavedDescription };

/*
 *     state.json            how far it is
 *     queue/NAME.img        inputs that reach what none before them reached, in the order in which they were found
 *     findings/NAME.img     inputs that show a defect, each with NAME.json
 */
export const QUEUE = "queue";
export const FINDINGS = "findings";

/** Makes the folder where there is none, and removes what a killed run left. Errors: `file-failed`. */
export async function makeCorpusFolder(folder: string): Promise<Result<void>> {
  for (const part of ["", QUEUE, FINDINGS]) removeStaleTemporaries(join(folder, part));
  const queue = await makeFolder(join(folder, QUEUE));
  return queue.ok ? makeFolder(join(folder, FINDINGS)) : queue;
}

/** The state of an earlier run; undefined where there is none. Errors: `file-failed`, `malformed`. */
export async function readCampaignState(folder: string): Promise<Result<SavedState | undefined>> {
  const file = join(folder, "state.json");
  const text = await readInputText(file);
  if (text.ok) return parsed<SavedState>(file, text.value);
  return isMissing(text.failure) ? ok(undefined) : text;
}

export function writeCampaignState(folder: string, state: SavedState): Promise<Result<void>> {
  return writeOutput(join(folder, "state.json"), `${JSON.stringify(state)}\n`);
}

/** All cases of `queue` or `findings`, by name. Errors: `file-failed`, `malformed`. */
export async function readCases(folder: string, part: string): Promise<Result<readonly SavedCase[]>> {
  const inside = join(folder, part);
  let names: readonly string[];
  try {
    names = (await filesIn(inside)).filter((name) => name.endsWith(".img"));
  } catch (error) {
    return err(fileFailed("read", inside, error));
  }
  const cases: SavedCase[] = [];
  for (const file of names) {
    const name = file.slice(0, -".img".length);
    const path = join(inside, `${name}.json`);
    const text = await readInputText(path);
    if (!text.ok) return text;
    const description = parsed<SavedDescription>(path, text.value);
    if (!description.ok) return description;
    const bytes = await readInput(join(inside, file));
    if (!bytes.ok) return bytes;
    const image = Uint8Array.from(bytes.value);
    cases.push({ name, image, injection: description.value.injection, description: description.value });
  }
  return ok(cases);
}

function parsed<T extends { readonly schema: 1 }>(file: string, text: string): Result<T> {
  const bad = (detail: string) =>
    err({ reason: "malformed", format: "corpus", section: "text", offset: 0, detail, file } as const);
  try {
    const value = JSON.parse(text) as T | null;
    return value?.schema === 1 ? ok(value) : bad("schema must be 1");
  } catch (error) {
    if (error instanceof SyntaxError) return bad(error.message);
    throw error;
  }
}
