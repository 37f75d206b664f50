import fc from "fast-check";
import { expect, test } from "vitest";
import { alignUp, powerOfTwoAtLeast } from "#bytes/align.ts";

test.each([
  [0, 8, 0],
  [1, 8, 8],
  [8, 8, 8],
  [9, 8, 16],
  [2 ** 40 + 1, 4096, 2 ** 40 + 4096],
  [10, 3, 12],
])("%i rounded up to a multiple of %i is %i", (value, alignment, expected) =>
  expect(alignUp(value, alignment)).toBe(expected),
);

test.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [2 ** 31 - 1, 2 ** 31],
  [2 ** 31, 2 ** 31],
  [2 ** 31 + 1, 2 ** 32],
  [2 ** 52, 2 ** 52],
])("the power of two for %i is %i", (value, expected) => expect(powerOfTwoAtLeast(value)).toBe(expected));

test("rounding up gives the smallest multiple that is not below, for any power of two", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 }), fc.integer({ min: 0, max: 30 }), (value, exponent) => {
      const alignment = 2 ** exponent;
      const rounded = alignUp(value, alignment);
      expect(rounded % alignment).toBe(0);
      expect(rounded - value).toBeGreaterThanOrEqual(0);
      expect(rounded - value).toBeLessThan(alignment);
    }),
  );
});
