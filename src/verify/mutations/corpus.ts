import type { Revision } from "#abi/revisions.ts";
import { ok, type Result } from "#core/result.ts";
import type { ImageArchitecture } from "#reference-parsers/input.ts";
import { NO_REFERENCE, type OwnReference, type Reference, type ReferenceName } from "#verify/references.ts";
import type { Format } from "./formats.ts";
import { type GoodFile, ownFile } from "./good-file.ts";
import { formatsOf, goodFiles } from "./good-files.ts";
import { expectedText } from "./mutation.ts";
import { mutationsOf } from "./mutations.ts";

/** An input that every parser of its format is tried with. */
export type HostileCase = {
  /** Lower case, digits and dashes: it names files. */
  readonly name: string;
  /** What a correct parser makes of it. */
  readonly why: string;
  readonly format: Format;
  /** Made when it is asked for: a corpus of a large file's mutations does not fit the memory. */
  readonly image: () => Uint8Array;
};

/**
 * All hostile inputs for the parsers that a reference stands for: small good files of its formats with their
 * mutations, and files of the other formats. The same every time.
 */
export function hostileCorpus(
  revision: Revision,
  reference: ReferenceName,
  arch?: ImageArchitecture,
): readonly HostileCase[] {
  const formats = formatsOf(reference, revision);
  // Revision v7 has files of all formats; what v6 does not know it has to refuse.
  return goodFiles("v7", arch).flatMap((file) =>
    formats.includes(file.format) ? casesOf(file) : [foreign(file, reference)],
  );
}

/**
 * The same for a parser with any reference: the good images of the user's own format with their mutations, and files of other formats,
 * which most formats refuse. Nothing for a parser without a reference: an image that it should take is not known.
 *
 * Errors: `bad-reference`.
 */
export function corpusFor(
  reference: Reference,
  revision: Revision,
  arch?: ImageArchitecture,
): Result<readonly HostileCase[]> {
  if (reference === NO_REFERENCE) return ok([]);
  if (typeof reference === "string") return ok(hostileCorpus(revision, reference, arch));
  return ownCorpus(reference, revision, arch);
}

function ownCorpus(
  reference: OwnReference,
  revision: Revision,
  arch: ImageArchitecture | undefined,
): Result<readonly HostileCase[]> {
  const images = reference.goodImages(revision, arch);
  if (!images.ok) return images;
  if (images.value.length === 0) return ok([]);
  const own = images.value.flatMap(({ name, image, fields }) => casesOf(ownFile(name, image, fields)));
  const others = goodFiles("v7", arch).map(({ name, format, image }) => ({
    ...{ name: `other-format-${name}`, format, image: () => image },
    why: "as the reference says: of another format",
  }));
  return ok([...own, ...others]);
}

/** A file of the user's and its mutations. */
export function casesOf(file: GoodFile): readonly HostileCase[] {
  const { name, format, image } = file;
  const good: HostileCase = { name, format, why: "good", image: () => image };
  const mutated = mutationsOf(file).map(
    (mutation): HostileCase => ({
      name: `${name}-${mutation.name}`,
      format,
      why: expectedText(mutation.expected),
      image: mutation.apply,
    }),
  );
  return [good, ...mutated];
}

/** Each reference has its own: a corpus of several is one folder. */
function foreign({ name, format, image }: GoodFile, reference: ReferenceName): HostileCase {
  return {
    name: `foreign-to-${reference}-${name}`,
    format,
    why: "refused: of another format",
    image: () => image,
  };
}
