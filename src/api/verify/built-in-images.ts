import type { ImageInput } from "#api/common/images.ts";
import type { Failure } from "#core/failure.ts";
import { ok } from "#core/result.ts";
import { corpusFor } from "#verify/mutations/corpus.ts";
import { referenceTitle } from "#verify/references.ts";
import type { ParserUnderTest } from "#verify/subject.ts";

/** The hostile corpus of each parser, for a user who names no images: what `corpus` would write, in no file. */
export function builtInImages(
  subjects: readonly ParserUnderTest[],
  fail: (failure: Failure) => void,
): readonly ImageInput[] {
  const images = new Map<string, ImageInput>();
  for (const { reference, revision, arch } of subjects) {
    const corpus = corpusFor(reference, revision, arch);
    if (!corpus.ok) fail(corpus.failure);
    const title = referenceTitle(reference);
    for (const { name, why, image } of corpus.ok ? corpus.value : []) {
      const description = { schema: 1, reference: title, revision, why } as const;
      const key = JSON.stringify([name, title, revision, arch]);
      const read = async () => ok(image());
      images.set(key, { name: `kexec-bpf:${name}`, read, description });
    }
  }
  return [...images.values()];
}
