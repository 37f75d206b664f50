import { pathToFileURL } from "node:url";
import { decodeKbs } from "#abi/kbs.ts";
import type { Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import { NO_REFERENCE, type OwnReference, REFERENCES, type Reference } from "#verify/references.ts";
import { ownReferenceOf } from "./own-reference.ts";

/**
 * The reference that a word names: a built-in one, `none`, or a module by its absolute path.
 *
 * Errors: `file-failed`; `bad-reference` for a module that cannot be loaded, or is no format.
 */
export async function openReference(word: string): Promise<Result<Reference>> {
  const names = [...REFERENCES, NO_REFERENCE] as const;
  const known = names.find((name) => name === word);
  return known === undefined ? openFormat(word) : ok(known);
}

/** The format in a module. Errors: those of `openReference`. */
export async function openFormat(file: string): Promise<Result<OwnReference>> {
  const text = await readInput(file);
  if (!text.ok) return text;
  const origin = { file, digest: digest(text.value) };
  const url = pathToFileURL(file);
  // One that has changed since is another module.
  url.searchParams.set("digest", origin.digest);
  let loaded: { readonly default?: unknown };
  try {
    loaded = await import(/* @vite-ignore */ url.href);
  } catch (error) {
    const detail = `it cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    return err({ reason: "bad-reference", file, detail });
  }
  return ownReferenceOf(loaded.default ?? loaded, origin);
}

/**
 * A stream in a file as what every image is expected to make: of one image it is the truth, by whatever means it was found.
 *
 * Errors: `file-failed`, `malformed`.
 */
export async function openExpectedStream(
  file: string,
): Promise<Result<{ readonly reference: OwnReference; readonly revision: Revision }>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const stream = decodeKbs(bytes.value);
  if (!stream.ok) return err(inFile(stream.failure, file));
  const { revision, commands } = stream.value;
  const reference: OwnReference = {
    ...{ name: "recorded stream", file, digest: digest(bytes.value), fields: [], ofEveryCase: true },
    parse: () => ok(commands),
    goodImages: () => ok([]),
  };
  return ok({ reference, revision });
}
