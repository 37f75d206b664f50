import type { ImageInput } from "#api/common/images.ts";
import { ok } from "#core/result.ts";
import { hostileCorpus } from "#verify/mutations/corpus.ts";
import type { ParserUnderTest } from "#verify/subject.ts";

/** The hostile corpus of each parser, for a user who names no images: what `corpus` would write, in no file. */
export function builtInImages(subjects: readonly ParserUnderTest[]): readonly ImageInput[] {
  const images = new Map<string, ImageInput>();
  for (const { reference, revision, arch } of subjects) {
    for (const { name, why, image } of hostileCorpus(revision, reference, arch)) {
      const description = { schema: 1, reference, revision, why } as const;
      const key = JSON.stringify([name, reference, revision, arch]);
      const read = async () => ok(image());
      images.set(key, { name: `kexec-bpf:${name}`, read, description });
    }
  }
  return [...images.values()];
}
