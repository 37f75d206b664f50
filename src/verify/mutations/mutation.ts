import type { Format } from "./good-file.ts";

/** What a correct parser makes of a mutated file. */
export type Expected =
  /** It sends nothing. `section`: where the reference parser finds fault; `words`: a part of what its failure says. */
  | { readonly verdict: "refused"; readonly section?: string; readonly words?: string }
  /** It sends another stream than for the good file. */
  | { readonly verdict: "changed"; readonly why: string }
  /** It sends the same stream: the mutation is there to show that it is not taken for more than it is. */
  | { readonly verdict: "harmless"; readonly why: string };

/** One hostile input: a good file with one thing wrong. */
export type Mutation = {
  /** Lower case, digits and dashes, unique among a file's: it names files. */
  readonly name: string;
  readonly format: Format;
  readonly expected: Expected;
  /** Makes the mutated image; the good file's bytes are left alone. */
  readonly apply: () => Uint8Array;
};

/** A mutation before its format is said. */
export type Draft = readonly [name: string, expected: Expected, apply: () => Uint8Array];

export const refused = (words?: string, section?: string): Expected => ({
  verdict: "refused",
  ...(words !== undefined && { words }),
  ...(section !== undefined && { section }),
});
export const changed = (why: string): Expected => ({ verdict: "changed", why });
export const harmless = (why: string): Expected => ({ verdict: "harmless", why });

/** The expectation as a sentence without its full stop. */
export function expectedText(expected: Expected): string {
  if (expected.verdict !== "refused") return `${expected.verdict}: ${expected.why}`;
  const where = [expected.section, expected.words].filter((part) => part !== undefined);
  return where.length === 0 ? "refused" : `refused: ${where.join(", ")}`;
}

/** The image cut behind each of its first `end` bytes. */
export function cuts(
  image: Uint8Array,
  end: number,
  expected: (length: number) => Expected,
): readonly Draft[] {
  return Array.from(
    { length: end },
    (_, length): Draft => [`cut-at-${length}`, expected(length), () => image.slice(0, length)],
  );
}

/** The image with more bytes behind its end. */
export function grown(image: Uint8Array, by: number): Uint8Array {
  const copy = new Uint8Array(image.length + by);
  copy.set(image);
  return copy.fill(0xa5, image.length);
}
