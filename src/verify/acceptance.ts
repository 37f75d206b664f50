import type { Acceptance, Shortfall, VerdictRecord } from "#core/verification.ts";

/** A verdict with how deep its parser lies: see `Subject.layer`. */
export type LayeredVerdict = { readonly layer: number; readonly verdict: VerdictRecord };

/**
 * What becomes of an image: accepted where a reference parser takes it. Parsers of a further layer see no such file in
 * a kernel, so they have a say only where nobody else has.
 *
 * @param verdicts those on this image, at least one
 */
export function acceptanceOf(verdicts: readonly LayeredVerdict[]): Acceptance {
  const outermost = Math.min(...verdicts.map(({ layer }) => layer));
  return verdicts.some(({ layer, verdict }) => layer === outermost && verdict.refusal === null)
    ? "accepted"
    : "refused";
}

/** An image that was judged. */
export type Judged = {
  readonly file: string;
  readonly outcome: Acceptance;
  /** Whether a case's description says what it is for. */
  readonly described: boolean;
};

/**
 * What the whole fails to show. Nothing judged is nothing proven; and parsers that refuse all that they are shown
 * were most likely shown the wrong thing, unless that was expected.
 *
 * @param images how many there were, judged or not
 */
export function shortfallsOf(
  judged: readonly Judged[],
  images: number,
  expect: Acceptance | undefined,
): readonly Shortfall[] {
  if (judged.length === 0) return [{ kind: "nothing-judged", images }];
  if (expect !== undefined) {
    return judged
      .filter(({ outcome }) => outcome !== expect)
      .map(({ file }) => ({ kind: "unexpected", image: file, expected: expect }));
  }
  const plain = judged.filter(({ described }) => !described);
  return plain.length > 0 && plain.every(({ outcome }) => outcome === "refused")
    ? [{ kind: "nothing-accepted", images: plain.length }]
    : [];
}
