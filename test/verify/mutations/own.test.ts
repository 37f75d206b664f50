import { describe, expect, test } from "vitest";
import { err, ok } from "#core/result.ts";
import { casesOf, corpusFor } from "#verify/mutations/corpus.ts";
import { type FileField, numberAt } from "#verify/mutations/field.ts";
import { goodFileFor, ownFile } from "#verify/mutations/good-file.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { expectedText, refused } from "#verify/mutations/mutation.ts";
import { mutationsOf } from "#verify/mutations/mutations.ts";
import type { OwnReference } from "#verify/references.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";

const IMAGE = Uint8Array.from({ length: 40 }, (_, i) => i + 1);
const field = (name: string, at: number, width: FileField["width"], role: FileField["role"]): FileField => ({
  ...{ section: "header", name, at, width, role },
});
const FIELDS = [
  field("The Magic!", 0, 4, "magic"),
  field("size", 8, 2, "size"),
  field("flags", 10, 1, "ignored"),
  field("outside", 38, 4, "size"),
];

const made = mutationsOf(ownFile("mine", IMAGE, FIELDS));
const named = (beginning: string) => made.filter(({ name }) => name.startsWith(beginning));

describe("an image of the user's own format", () => {
  test("is cut at each byte of its fields, once, and before its end, and is longer", () => {
    const cuts = named("cut-at-").map(({ name, apply }) => [name, apply().length]);
    const lengths = [0, 1, 2, 3, 4, 8, 9, 10, 11];
    expect(cuts).toEqual(lengths.map((length) => [`cut-at-${length}`, length]));
    const others = ["cut-by-1", "cut-in-half", "bytes-behind-the-end"];
    expect(others.map((name) => named(name).map(({ apply }) => apply().length))).toEqual([[39], [20], [45]]);
    const end = mutationsOf(ownFile("mine", IMAGE, [field("last", 38, 2, "ignored")]));
    expect(end.map(({ name }) => name)).toContain("cut-at-39");
    expect(end.map(({ name }) => name)).not.toContain("cut-at-40");
    expect(end.map(({ name }) => name)).toContain("0-last-zero");
  });

  test("has each byte of its magic numbers wrong", () => {
    expect(named("0-").map(({ name, apply }) => [name, [...apply().subarray(0, 4)]])).toEqual([
      ["0-the-magic-byte-0-wrong", [0xfe, 2, 3, 4]],
      ["0-the-magic-byte-1-wrong", [1, 0xfd, 3, 4]],
      ["0-the-magic-byte-2-wrong", [1, 2, 0xfc, 4]],
      ["0-the-magic-byte-3-wrong", [1, 2, 3, 0xfb]],
    ]);
    expect(named("0-").map(({ expected }) => expectedText(expected))[1]).toBe(
      "as the reference says: header The Magic! has another byte 1",
    );
  });

  test("has sizes at their limits, about the image's own, and of sums that wrap, each value once", () => {
    const own = 0x0a09;
    expect(named("1-").map(({ name, apply }) => [name, Number(numberAt(apply(), 8, 2))])).toEqual([
      ["1-size-zero", 0],
      ["1-size-one", 1],
      ["1-size-three", 3],
      ["1-size-one-less", own - 1],
      ["1-size-one-more", own + 1],
      ["1-size-image-size", 40],
      ["1-size-image-size-less-1", 39],
      ["1-size-image-size-and-1", 41],
      ["1-size-wraps-to-itself", 0x10000 - own],
      ["1-size-wraps-to-image-size", 0x10000 - own + 40],
      ["1-size-int-max", 0xffff],
      ["1-size-uint-max-less-15", 0xfff0],
      ["1-size-uint-max-less-4095", 0xf000],
      ["1-size-sign-bit", 0x8000],
    ]);
    expect(named("1-").map(({ expected }) => expectedText(expected))[3]).toBe(
      "as the reference says: header size is 0xa08",
    );
  });

  test("has what its parser ignores at two values, and no field that is not in it", () => {
    expect(named("2-").map(({ name, apply }) => [name, apply()[10]])).toEqual([
      ["2-flags-all-ones", 0xff],
      ["2-flags-zero", 0],
    ]);
    expect(named("3-")).toEqual([]);
  });
});

const REFERENCE: OwnReference = {
  ...{ name: "mine", file: "/mine.mjs", digest: "0", fields: FIELDS, ofEveryCase: false },
  parse: () => ok([]),
  goodImages: () => ok([{ name: "first", image: IMAGE, fields: [] }]),
};

describe("the corpus for a reference", () => {
  test("of the user's own has its good images, their mutations, and files of all other formats", () => {
    const corpus = expectValue(corpusFor(REFERENCE, "v7"));
    const others = goodFiles("v7").map(({ name }) => `other-format-${name}`);
    const own = casesOf(ownFile("first", IMAGE, [])).map(({ name }) => name);
    expect(corpus.map(({ name }) => name)).toEqual([...own, ...others]);
    expect(corpus[0]).toMatchObject({ name: "first", why: "good" });
    expect(corpus.at(-1)?.why).toBe("as the reference says: of another format");
    expect(corpus.at(-1)?.image().length).toBe(goodFiles("v7").at(-1)?.image.length);
    const none = { ...REFERENCE, goodImages: () => ok([]) };
    expect(expectValue(corpusFor(none, "v7"))).toEqual([]);
    const bad = { reason: "bad-reference", file: "/mine.mjs", detail: "so" } as const;
    expect(expectFailure(corpusFor({ ...REFERENCE, goodImages: () => err(bad) }, "v7"))).toEqual(bad);
  });

  test("that there is none of is empty, a built-in one's is its own", () => {
    expect(expectValue(corpusFor("none", "v7"))).toEqual([]);
    const names = expectValue(corpusFor("zboot", "v6")).map(({ name }) => name);
    expect(names).toContain("zboot");
    expect(names).toContain("foreign-to-zboot-uki");
  });

  test("says what is expected, where and in which words", () => {
    expect(expectedText(refused())).toBe("refused");
    expect(expectedText(refused("words"))).toBe("refused: words");
    expect(expectedText(refused("words", "header"))).toBe("refused: header, words");
    expect(expectedText({ verdict: "harmless", why: "so" })).toBe("harmless: so");
  });
});

test("an image is of the reference's format, of the one that it begins like, or of none", () => {
  const zboot =
    goodFiles("v7").find(({ format }) => format === "zboot")?.image ?? expect.fail("no zboot image");
  expect(goodFileFor(REFERENCE, "x", zboot)).toMatchObject({ format: "own", layout: { fields: FIELDS } });
  expect(goodFileFor("none", "x", zboot)).toMatchObject({ format: "zboot", name: "x" });
  expect(goodFileFor("none", "x", IMAGE)).toMatchObject({ format: "own", layout: { fields: [] } });
  expect(goodFileFor("zboot", "x", IMAGE)).toBeUndefined();
});
