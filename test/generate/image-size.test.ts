import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Revision, revisionProfile } from "#abi/revisions.ts";
import {
  DEFAULT_CMDLINE_LIMIT,
  DEFAULT_INITRD_LIMIT,
  parseImageSize,
  renderImageSize,
  ringSize,
} from "#generate/image-size.ts";
import { CLANGS, inFolder } from "../formats/btf/clang.ts";
import { expectValue } from "../support/expect-value.ts";
import { COMPILERS } from "./host-compiler.ts";

const KIB64 = 65536;
const HEADER: Readonly<Record<Revision, number>> = { v6: 8, v7: 10 };
const REVISIONS = ["v6", "v7"] as const;

/**
 * What kernel/bpf/ringbuf.c does in __bpf_ringbuf_reserve() on a ring that nobody has consumed from:
 * round_up(size + BPF_RINGBUF_HDR_SZ, 8) must not be above rb->mask.
 */
function kernelReserves(ring: number, size: number): boolean {
  const length = 8 * Math.ceil((size + 8) / 8);
  const mask = ring - 1;
  return length <= ring && length <= mask;
}

/** What ringbuf_map_alloc() takes: a power of two of whole pages, of any size that a page may have. */
function kernelCreates(ring: number): boolean {
  return Number.isInteger(Math.log2(ring)) && ring % KIB64 === 0;
}

/** Sizes around every power of two, and any. */
const payload = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 28 }), fc.integer({ min: -40, max: 40 }))
    .map(([exponent, distance]) => Math.max(0, 2 ** exponent + distance)),
  fc.integer({ min: 0, max: 2 ** 29 - 1 }),
);

describe.each(REVISIONS)("a ring of %s", (revision) => {
  const profile = revisionProfile(revision);

  test("is created and holds its largest record, and half of it would not, for any payload", () => {
    fc.assert(
      fc.property(payload, (size) => {
        const ring = ringSize(size, profile);
        expect(kernelCreates(ring), `${ring} is a ring`).toBe(true);
        expect(kernelReserves(ring, HEADER[revision] + size), `${size} in ${ring}`).toBe(true);
        if (ring > KIB64) expect(kernelReserves(ring / 2, HEADER[revision] + size)).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });

  test("doubles exactly where the record and its header fill it", () => {
    for (let ring = KIB64; ring <= 2 ** 29; ring *= 2) {
      const largest = ring - 16 - HEADER[revision];
      expect(ringSize(largest, profile), `${largest}`).toBe(ring);
      expect(ringSize(largest + 1, profile), `${largest + 1}`).toBe(2 * ring);
    }
  });

  test("holds the image just under a power of two on which the series' own sizes fail", () => {
    const image = 2 ** 25 - 8;
    // The series rounds the image's size up to a power of two and takes that for the ring.
    expect(kernelReserves(2 ** 25, HEADER[revision] + image)).toBe(false);
    expect(ringSize(image, profile)).toBe(2 ** 26);
    expect(kernelReserves(ringSize(image, profile), HEADER[revision] + image)).toBe(true);
  });

  test("is of 64 MiB and 64 KiB for the limits where nothing is known", () => {
    expect(ringSize(DEFAULT_INITRD_LIMIT, profile)).toBe(2 ** 26);
    expect(ringSize(DEFAULT_CMDLINE_LIMIT, profile)).toBe(KIB64);
  });
});

const sizes = { image: 30_000_000, kernel: 33_554_424, initrd: 1000, cmdline: 4096 };

describe("image_size.h", () => {
  const rendered = (revision: Revision): string => {
    return expectValue(renderImageSize(sizes, revisionProfile(revision)));
  };

  test("gives its limits back, in any layout, and none where one is missing", () => {
    const { image: _image, ...limits } = sizes;
    expect(parseImageSize(rendered("v7"))).toEqual(limits);
    expect(parseImageSize(rendered("v7").replace(/#define (\w+) /g, "  #\tdefine $1\t "))).toEqual(limits);
    expect(parseImageSize(rendered("v7").replace("INITRD_SIZE", "NO_SIZE"))).toBeUndefined();
    expect(
      parseImageSize(rendered("v7").replace("KERNEL_SIZE 3", "KERNEL_SIZE IMAGE_SIZE + 3")),
    ).toBeUndefined();
  });

  test("has the sizes and the rings, under a licence and a guard", () =>
    expect(
      rendered("v7")
        .split("\n")
        .filter((line) => line.startsWith("#") || line.includes("SPDX")),
    ).toEqual([
      "/* SPDX-License-Identifier: GPL-2.0-only */",
      "#ifndef KEXEC_IMAGE_SIZE_H",
      "#define KEXEC_IMAGE_SIZE_H",
      "#define IMAGE_SIZE 30000000",
      "#define IMAGE_SIZE_POWER2_ALIGN 33554432",
      "#define KERNEL_SIZE 33554424",
      "#define KERNEL_RING_SIZE 67108864",
      "#define INITRD_SIZE 1000",
      "#define INITRD_RING_SIZE 65536",
      "#define CMDLINE_SIZE 4096",
      "#define CMDLINE_RING_SIZE 65536",
      "#define MIN_RING_SIZE 65536",
      "#endif",
    ]));

  const targets = [
    ...COMPILERS.map((compiler) => ({ compiler, options: [] as string[] })),
    ...CLANGS.map((compiler) => ({ compiler, options: ["-target", "bpf"] })),
  ];
  test.each(targets)(
    "compiles without a warning, included twice: $compiler $options",
    ({ compiler, options }) =>
      inFolder((folder) => {
        writeFileSync(join(folder, "image_size.h"), rendered("v7"));
        const main = `#include "image_size.h"
#include "image_size.h"
_Static_assert(sizeof(struct { char header[10]; char payload[KERNEL_SIZE]; }) + 8 < KERNEL_RING_SIZE, "");
_Static_assert((KERNEL_RING_SIZE & (KERNEL_RING_SIZE - 1)) == 0 && KERNEL_RING_SIZE % MIN_RING_SIZE == 0, "");
`;
        writeFileSync(join(folder, "main.c"), main);
        const command = [
          "-Wall",
          "-Wextra",
          "-Werror",
          "-std=gnu11",
          ...options,
          "-c",
          "main.c",
          "-o",
          "main.o",
        ];
        expect(() => execFileSync(compiler, command, { cwd: folder, stdio: "pipe" })).not.toThrow();
      }),
  );

  test.each(["kernel", "initrd", "cmdline"] as const)(
    "is refused for a %s that the verifier cannot follow",
    (part) => {
      const limit = 2 ** 29 - 1;
      expect(renderImageSize({ ...sizes, [part]: limit }, revisionProfile("v7")).ok).toBe(true);
      expect(renderImageSize({ ...sizes, [part]: limit + 1 }, revisionProfile("v7"))).toEqual({
        ok: false,
        failure: { reason: "size-exceeded", what: part, size: limit + 1, limit },
      });
    },
  );
});
