import { describe, expect, it } from "vitest";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import { diffStreams } from "#abi/stream-diff.ts";
import type { Failure } from "#core/failure.ts";
import { failureText } from "#report/failure-text.ts";
import { formatsOf, goodFiles } from "#verify/mutations/good-files.ts";
import type { Expected } from "#verify/mutations/mutation.ts";
import { mutationsOf } from "#verify/mutations/mutations.ts";
import { expectedStream, REFERENCES, type ReferenceName } from "#verify/references.ts";

const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 1 << 15 };

const CASES = REVISIONS.flatMap((revision) =>
  REFERENCES.flatMap((reference) =>
    goodFiles(revision)
      .filter(({ format }) => formatsOf(reference, revision).includes(format))
      .map((file) => ({ revision, reference, file, title: `${revision} ${reference} ${file.name}` })),
  ),
);

function stream(reference: ReferenceName, revision: Revision, image: Uint8Array) {
  return expectedStream(reference, { image, revision, limits: LIMITS, arch: "arm64" });
}

/** What the reference parser makes of a mutant of `good`, where that is not what the mutation says. */
function surprise(
  reference: ReferenceName,
  revision: Revision,
  good: Uint8Array,
  mutant: Uint8Array,
  expected: Expected,
): string | undefined {
  const made = stream(reference, revision, mutant);
  if (!made.ok)
    return expected.verdict === "refused" ? misplaced(made.failure, expected) : failureText(made.failure);
  if (expected.verdict === "refused") return "taken";
  const before = stream(reference, revision, good);
  if (!before.ok) return "the good file is not";
  const same =
    diffStreams({ revision, commands: before.value }, { revision, commands: made.value }) === undefined;
  return same === (expected.verdict === "harmless") ? undefined : same ? "the same stream" : "another stream";
}

function misplaced(
  failure: Failure,
  { section, words }: Expected & { verdict: "refused" },
): string | undefined {
  const right =
    failure.reason === "malformed" &&
    (section === undefined || failure.section === section) &&
    failure.detail.includes(words ?? "");
  return right ? undefined : failureText(failure);
}

describe.each(CASES)("$title", ({ revision, reference, file }) => {
  it("is a good file", () => expect(stream(reference, revision, file.image)).toMatchObject({ ok: true }));

  it("has mutations of which the reference parser makes what they say", () => {
    const surprises = mutationsOf(file).flatMap(({ name, expected, apply }) => {
      const found = surprise(reference, revision, file.image, apply(), expected);
      return found === undefined ? [] : [`${name}: ${JSON.stringify(expected)}, but ${found}`];
    });
    expect(surprises).toEqual([]);
  });

  it("is left alone by its mutations, which are not what it is, and which have names of their own", () => {
    const before = file.image.slice();
    const mutations = mutationsOf(file);
    for (const { name, apply } of mutations) {
      expect(Buffer.compare(apply(), before), name).not.toBe(0);
    }
    expect(file.image).toEqual(before);
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
    for (const { name } of mutations) expect(name).toMatch(/^[a-z0-9-]+$/);
  });
});
