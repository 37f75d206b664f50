import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePlace, placeHash, VIEWS } from "#page/model/place.ts";

const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

describe("an address of the page", () => {
  it("is read as the place that it was written for", () => {
    const fields = {
      view: fc.constantFrom(...VIEWS),
      image: maybe(fc.string()),
      parser: maybe(fc.string()),
      path: maybe(fc.string()),
      at: maybe(fc.maxSafeNat()),
      step: maybe(fc.maxSafeNat()),
      command: maybe(fc.maxSafeNat()),
      alone: maybe(fc.constant(true as const)),
    };
    fc.assert(
      fc.property(fc.record(fields, { noNullPrototype: true }), (one) => {
        expect(parsePlace(placeHash(one))).toEqual(one);
      }),
    );
  });

  it("may say a byte or a step alone", () => {
    expect(parsePlace("#at=0x1234")).toMatchObject({ view: "image", at: 0x1234 });
    expect(parsePlace("#step=217")).toMatchObject({ view: "parser", step: 217 });
    expect(parsePlace("#at=-1&step=x")).toMatchObject({ at: undefined, step: undefined });
  });
});
