import { describe, expect, it } from "vitest";
import { revisionProfile } from "#abi/revisions.ts";
import { reachedMacros, renderImageSize, ringSize, roundUp } from "#generate/image-size.ts";
import { expectValue } from "../support/expect-value.ts";

const K = 1024;
const M = K * K;

describe("sizes in steps", () => {
  it.each([
    [1, "rings", 32 * K],
    [32 * K, "rings", 32 * K],
    [32 * K + 1, "rings", 64 * K],
    [11 * M, "rings", 16 * M - 64 * K],
    [16 * M - 64 * K, "rings", 16 * M - 64 * K],
    [16 * M - 64 * K + 1, "rings", 32 * M - 64 * K],
    [300 * M, "rings", 512 * M - 64 * K],
    [11 * M, 8 * M, 16 * M - 64 * K],
    [17 * M, 8 * M, 24 * M - 64 * K],
    [24 * M, 8 * M, 32 * M - 64 * K],
  ] as const)("%i bytes in steps of %s are %i", (size, step, rounded) => {
    expect(roundUp(size, step)).toBe(rounded);
  });

  it("of rings cost no memory: the record still fits the ring of the size itself, or the next", () => {
    const profile = revisionProfile("v7");
    for (let size = 40 * K; size < 256 * M; size = Math.floor(size * 1.37)) {
      const rounded = roundUp(size, "rings");
      expect(rounded).toBeGreaterThanOrEqual(size);
      expect(ringSize(rounded, profile)).toBeLessThanOrEqual(2 * ringSize(size, profile));
      expect(ringSize(rounded, profile)).toBe(rounded + 64 * K);
    }
  });
});

describe("what of image_size.h a source can show", () => {
  const header = expectValue(
    renderImageSize({ image: 5, kernel: 6, initrd: 7, cmdline: 8 }, revisionProfile("v7")),
  );

  it("are the lines of macros that it names", () => {
    const reached = reachedMacros('#include "image_size.h"\nint a = KERNEL_SIZE;', header);
    expect(reached).toBe("#define KERNEL_SIZE 6");
  });

  it.each([
    ["puts names together", "#define SIZE(part) part##_SIZE"],
    ["includes another file", '#include "mine.h"'],
  ])("is all of it where the source %s", (_what, source) => {
    expect(reachedMacros(source, header)).toBe(header);
  });
});
