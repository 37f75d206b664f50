import { afterAll, describe, expect, it } from "vitest";
import { decodeCommand } from "#abi/command-codec.ts";
import { headerLayout } from "#abi/header-layout.ts";
import { PARTS, perPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import { diffStreams } from "#abi/stream-diff.ts";
import { mutate, parentOf } from "#fuzz/engine/mutate.ts";
import { Random } from "#fuzz/engine/random.ts";
import { specificationFor } from "#prove/specification/for-reference.ts";
import { forgetTerms } from "#prove/terms/term.ts";
import type { RecordLimits } from "#reference-parsers/input.ts";
import { hostileCorpus } from "#verify/mutations/corpus.ts";
import { goodFileFor } from "#verify/mutations/good-file.ts";
import { expectedStream, type ReferenceName } from "#verify/references.ts";
import { expectValue } from "../../support/expect-value.ts";
import { streamEvaluator } from "./evaluated-stream.ts";

afterAll(forgetTerms);

const ARCH = "arm64";
const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 1 << 15 };
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

type Subject = { readonly reference: ReferenceName; readonly revision: Revision };

/** Evaluates the terms, and compares their stream with the reference parser's; undefined where they are the same. */
function comparison({ reference, revision }: Subject, limits: RecordLimits) {
  const specification = specificationFor(reference, revision, ARCH);
  if (specification === undefined) throw new Error(`nothing is specified of ${reference}`);
  const layout = headerLayout(revision);
  const evaluate = streamEvaluator(specification, layout, limits);
  return (name: string, image: Uint8Array) => {
    const expected = expectedStream(reference, { image, revision, limits, arch: ARCH });
    const commands = evaluate(image).map((bytes) => expectValue(decodeCommand(bytes, layout), name));
    const due = expected.ok ? expected.value : [];
    const difference = diffStreams({ revision, commands: due }, { revision, commands });
    // A stream is never empty: then it is a refusal.
    const same = difference === undefined && expected.ok === commands.length > 0;
    return { due, wrong: same ? [] : [`${name}: ${JSON.stringify(difference)}`] };
  };
}

describe.each(CASES)(
  "the terms of %s %s say what the reference parser sends, byte by byte:",
  (reference, revision) => {
    const subject = { reference, revision };
    const images = imagesFor(reference, revision);

    it("of hostile images, and of mutants of them", () => {
      const results = [LIMITS, SMALL].flatMap((limits) => {
        const compare = comparison(subject, limits);
        return images.map(([name, image]) => compare(name, image));
      });
      expect(results.flatMap(({ wrong }) => wrong)).toEqual([]);
      const accepted = results.filter(({ due }) => due.length > 0).length;
      expect(Math.min(accepted, results.length - accepted)).toBeGreaterThan(20);
    });

    it("where a part just fits, and where it just does not", () => {
      const compare = comparison(subject, LIMITS);
      const [found] = images
        .map(([name, image]) => ({ name, image, due: compare(name, image).due }))
        .sort((a, b) => b.due.length - a.due.length);
      if (found === undefined) throw new Error("no image");
      const sizes = PARTS.map(
        ({ subcommand }) => found.due.find((one) => one.subcommand === subcommand)?.payload.length ?? 0,
      );
      for (const less of [undefined, 0, 1, 2]) {
        const limits = perPart((_, index) => Math.max(0, (sizes[index] ?? 0) - (index === less ? 1 : 0)));
        expect(comparison(subject, limits)(found.name, found.image).wrong).toEqual([]);
      }
    });
  },
);
