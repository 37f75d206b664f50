import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CommandStream } from "#abi/command.ts";
import { decodeCommand } from "#abi/command-codec.ts";
import { headerLayout } from "#abi/header-layout.ts";
import type { Revision } from "#abi/revisions.ts";
import { diffStreams } from "#abi/stream-diff.ts";
import { parsePlain } from "#reference-parsers/plain.ts";
import { parseUki } from "#reference-parsers/uki.ts";
import { parseZboot } from "#reference-parsers/zboot.ts";
import { COMPILERS } from "../generate/host-compiler.ts";
import { expectValue } from "../support/expect-value.ts";
import { compiledParser, type Run } from "./c-parsers.ts";
import { anyImage } from "./images.ts";

const LIMITS = { kernel: 512, initrd: 256, cmdline: 256 };
const IMAGES = 10_000;

function streamOf(run: Run, revision: Revision): CommandStream {
  const layout = headerLayout(revision);
  const commands = run.buffers.map((buffer, index) => {
    return expectValue(decodeCommand(buffer, layout, { index }));
  });
  return { revision, commands };
}

/*
 * The two share neither code nor constants. The C runs on this machine here, not in a BPF machine: what is compared
 * is what it means, on images that are mostly one step away from good ones.
 */
describe.each(COMPILERS.slice(0, 1))("the templates' C, compiled by %s,", (compiler) => {
  describe.each([
    ["zboot", "v6", parseZboot],
    ["zboot", "v7", parseZboot],
    ["uki", "v6", parseUki],
    ["uki", "v7", parseUki],
    ["plain", "v7", parsePlain],
  ] as const)("%s in %s", (target, revision, parse) => {
    test(`sends what the reference sends for each of ${IMAGES} images, and nothing where that refuses`, async () => {
      const images = fc.sample(anyImage, { numRuns: IMAGES, seed: 20260321 });
      const runs = (await compiledParser(compiler, target, revision, LIMITS))(images);
      let taken = 0;
      images.forEach((image, i) => {
        const run = runs[i] ?? { buffers: [], wildReads: 0, leaks: 0 };
        const reference = parse({ image, limits: LIMITS, revision, arch: "arm64" });
        if (reference.ok) taken++;
        const expected = { revision, commands: reference.ok ? reference.value : [] };
        const difference = diffStreams(expected, streamOf(run, revision));
        const verdict = { difference, wildReads: run.wildReads, leaks: run.leaks };
        const fine = difference === undefined && run.wildReads === 0 && run.leaks === 0;
        expect(fine ? "" : { verdict, image: Buffer.from(image).toString("base64") }).toBe("");
      });
      // Both kinds have to be there in numbers, or the comparison is worth nothing.
      expect(taken).toBeGreaterThan(IMAGES / 50);
      expect(taken).toBeLessThan(IMAGES / 1.5);
    });
  });
});

test("there is a compiler to compare with", () => expect(COMPILERS).not.toEqual([]));
