import { afterAll, expect, it } from "vitest";
import { decodeCommand } from "#abi/command-codec.ts";
import { headerLayout } from "#abi/header-layout.ts";
import type { Revision } from "#abi/revisions.ts";
import { diffStreams } from "#abi/stream-diff.ts";
import { mutate, parentOf } from "#fuzz/engine/mutate.ts";
import { Random } from "#fuzz/engine/random.ts";
import { specificationFor } from "#prove/specification/for-reference.ts";
import { forgetTerms } from "#prove/terms/term.ts";
import { hostileCorpus } from "#verify/mutations/corpus.ts";
import { goodFileFor } from "#verify/mutations/good-file.ts";
import { expectedStream, type ReferenceName } from "#verify/references.ts";
import { expectValue } from "../../support/expect-value.ts";
import { streamEvaluator } from "./evaluated-stream.ts";

afterAll(forgetTerms);

const ARCH = "arm64";
const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 1 << 15 };
/** What the corpus's good images just have. */
const SMALL = { kernel: 2000, initrd: 500, cmdline: 10 };
const MUTANTS = 300;
const LONGEST = 16_384;

const CASES: readonly (readonly [ReferenceName, Revision])[] = [
  ["zboot", "v6"],
  ["zboot", "v7"],
  ["envelope", "v7"],
  ["uki", "v6"],
  ["uki", "v7"],
  ["plain", "v7"],
];

/** The hostile images of a parser, and images made of them at random: the same every time. */
function imagesFor(reference: ReferenceName, revision: Revision): readonly (readonly [string, Uint8Array])[] {
  const corpus = hostileCorpus(revision, reference, ARCH).map(({ name, image }) => [name, image()] as const);
  const random = new Random(1, 0);
  const mutants = Array.from({ length: MUTANTS }, (_, index) => {
    const [name, image] = random.pick(corpus);
    const parent = parentOf(image, goodFileFor(reference, name, image));
    return [`mutant ${index} of ${name}`, mutate(random, parent, random.pick(corpus)[1], LONGEST)] as const;
  });
  return [...corpus, ...mutants];
}

it.each(CASES)(
  "the terms of %s %s say what the reference parser sends, byte by byte",
  (reference, revision) => {
    const specification = specificationFor(reference, revision, ARCH);
    if (specification === undefined) throw new Error(`nothing is specified of ${reference}`);
    const layout = headerLayout(revision);
    const wrong: string[] = [];
    const counts = { accepted: 0, refused: 0 };
    const images = imagesFor(reference, revision);
    for (const limits of [LIMITS, SMALL]) {
      const evaluate = streamEvaluator(specification, layout, limits);
      for (const [name, image] of images) {
        const expected = expectedStream(reference, { image, revision, limits, arch: ARCH });
        const commands = evaluate(image).map((bytes) => expectValue(decodeCommand(bytes, layout), name));
        const due = expected.ok ? expected.value : [];
        const difference = diffStreams({ revision, commands: due }, { revision, commands });
        // A plain kernel's stream is DONE alone, so that an empty one is a refusal.
        if (difference !== undefined || expected.ok !== commands.length > 0) {
          wrong.push(`${name}: ${JSON.stringify(difference)}`);
        }
        if (expected.ok) counts.accepted += 1;
        else counts.refused += 1;
      }
    }
    expect(wrong).toEqual([]);
    expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(20);
  },
);
