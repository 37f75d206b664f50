import type { Format } from "./formats.ts";

/** What a correct parser makes of a mutated file. */
export type Expected =
  /** It sends nothing. `section`: where the reference parser finds fault; `words`: a part of what its failure says. */
  | { readonly verdict: "refused"; readonly section?: string; readonly words?: string }
  /** It sends another stream than for the good file. */
  | { readonly verdict: "changed"; readonly why: string }
  /** It sends the same stream: the mutation is there to show that it is not taken for more than it is. */
  | { readonly verdict: "harmless"; readonly why: string }
  /** What is right only the reference says, for the format is the user's own. `why`: what the mutation is. */
  | { readonly verdict: "as the reference says"; readonly why: string };

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

export const asReferenceSays = (why: string): Expected => ({ verdict: "as the reference says", why });

/** The expectation as a sentence without its full stop. */
export function expectedText(expected: Expected): string {
  if (expected.verdict !== "refused") return `${expected.verdict}: ${expected.why}`;
  const where = [expected.section, expected.words].filter((part) => part !== undefined);
  return where.length === 0 ? "refused" : `refused: ${where.join(", ")}`;
}

/** Headers are cut at each of so many bytes of their beginning and of their end; a section table may have millions. */
const MOST_CUTS = 2048;

/** The image cut after each of its first `end` bytes, those in the middle of very long headers left out. */
export function cuts(
  image: Uint8Array,
  end: number,
  expected: (length: number) => Expected,
): readonly Draft[] {
  const lengths = Array.from({ length: Math.min(end, 2 * MOST_CUTS) }, (_, i) =>
    i < MOST_CUTS ? i : end - Math.min(end, 2 * MOST_CUTS) + i,
  );
  return lengths.map((length): Draft => [`cut-at-${length}`, expected(length), () => image.slice(0, length)]);
}

/** What a part with these bytes is sent as: a command line ends in a NUL. */
export function sentBytes(name: string, bytes: Uint8Array): Buffer {
  const ended = name !== ".cmdline" || bytes.at(-1) === 0;
  return ended ? Buffer.from(bytes) : Buffer.concat([bytes, Uint8Array.of(0)]);
}

/** The image with more bytes behind its end. */
export function grown(image: Uint8Array, by: number): Uint8Array {
  const copy = new Uint8Array(image.length + by);
  copy.set(image);
  return copy.fill(0xa5, image.length);
}
