import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Command } from "#abi/command.ts";
import { diffStreams } from "#abi/stream-diff.ts";
import { parseEnvelope } from "#reference-parsers/envelope.ts";
import { parsePlain } from "#reference-parsers/plain.ts";
import { parseAny } from "#reference-parsers/runner.ts";
import { parseUki } from "#reference-parsers/uki.ts";
import { parseZboot } from "#reference-parsers/zboot.ts";
import { extent } from "../support/extent.ts";
import { anyImage } from "./images.ts";

const LIMITS = { kernel: 512, initrd: 256, cmdline: 256 };
const MARGIN = 64;

/** The image as a view into a larger buffer, so that a payload which reaches outside is seen. */
function inside(image: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(image.length + 2 * MARGIN).fill(0xee);
  buffer.set(image, MARGIN);
  return buffer.subarray(MARGIN, MARGIN + image.length);
}

describe.each([
  ["parseZboot", parseZboot],
  ["parseEnvelope", parseEnvelope],
  ["parseUki", parseUki],
  ["parsePlain", parsePlain],
  ["parseAny", parseAny],
])("%s, for good, broken and arbitrary images alike,", (_, parse) => {
  function forStreams(check: (commands: readonly Command[], image: Uint8Array, v7: boolean) => void): number {
    let streams = 0;
    fc.assert(
      fc.property(anyImage, fc.constantFrom("v6" as const, "v7" as const), (bytes, revision) => {
        const image = inside(bytes);
        const result = parse({ image, limits: LIMITS, revision });
        if (!result.ok) return;
        streams++;
        check(result.value, image, revision === "v7");
      }),
      { numRuns: extent(1000, 3000) },
    );
    return streams;
  }

  test("sends all or nothing, in canonical order", () => {
    // What a parser sends for a kernel that needs no unpacking is DONE alone.
    const orders = [
      ...(parse === parsePlain || parse === parseAny ? [""] : []),
      "KERNEL",
      "KERNEL INITRD",
      "KERNEL CMDLINE",
      "KERNEL INITRD CMDLINE",
    ];
    const streams = forStreams((commands, _, v7) => {
      const order = commands.map((command) => command.subcommand ?? command.command).join(" ");
      expect(orders.map((parts) => (v7 ? `${parts} DONE`.trim() : parts))).toContain(order);
    });
    // What holds for no stream at all would say nothing.
    expect(streams).toBeGreaterThan(3);
  });

  test("sends payloads that lie inside the image, fit their record, and are not empty", () => {
    forStreams((commands, image) => {
      for (const { subcommand, payload } of commands) {
        if (subcommand === undefined) {
          expect(payload).toHaveLength(0);
          continue;
        }
        const limit = { KERNEL: LIMITS.kernel, INITRD: LIMITS.initrd, CMDLINE: LIMITS.cmdline }[subcommand];
        expect(payload.length).toBeGreaterThan(0);
        expect(payload.length).toBeLessThanOrEqual(limit);
        // A command line whose NUL is not the image's own is a copy.
        if (subcommand === "CMDLINE" && payload.buffer !== image.buffer) {
          expect(payload.at(-1)).toBe(0);
          expect(Buffer.from(image).includes(Buffer.from(payload.subarray(0, -1)))).toBe(true);
          continue;
        }
        expect(payload.buffer).toBe(image.buffer);
        expect(payload.byteOffset).toBeGreaterThanOrEqual(image.byteOffset);
        expect(payload.byteOffset + payload.length).toBeLessThanOrEqual(image.byteOffset + image.length);
      }
    });
  });

  test("sends the same of a view as of a copy, and leaves the image alone", () => {
    forStreams((commands, image, v7) => {
      const revision = v7 ? "v7" : "v6";
      const copy = image.slice();
      const again = parse({ image: copy, limits: LIMITS, revision });
      expect(again.ok && diffStreams({ revision, commands }, { revision, commands: again.value })).toBe(
        undefined,
      );
      expect(copy).toEqual(image);
    });
  });
});
