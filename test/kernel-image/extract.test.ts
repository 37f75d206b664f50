import { existsSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ok } from "#core/result.ts";
import type { Piece } from "#files/pieces.ts";
import { writePieces } from "#files/pieces.ts";
import { type ExtractOptions, withExtracted } from "#kernel-image/extract.ts";
import { buildElf, type TestSection } from "../support/elf-builder.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

const SHF_ALLOC = 2;
const BANNER = Buffer.from("Linux version 6.1.0 (of this test)");
const section = (name: string, address: bigint, data: Uint8Array): TestSection => ({
  ...{ name, address, data },
  flags: SHF_ALLOC,
});

/** A vmlinux of an arm64 kernel; its sections are loaded at their own addresses. */
function vmlinux(sections: readonly TestSection[]): Uint8Array {
  const programs = [{ type: 1, offset: 0n, filesz: 0n, paddr: 0x1000n }];
  return buildElf(sections, { type: 3, machine: 183, programs }).bytes;
}

function fileOf(bytes: Uint8Array): string {
  return write(join(newFolder(), "vmlinux"), bytes);
}

/** Pieces as they are: `[offset, length]` of the file, or bytes at hand. */
async function pieces(file: string, options: ExtractOptions = {}): Promise<readonly unknown[]> {
  const shown = (piece: Piece) =>
    piece instanceof Uint8Array ? Buffer.from(piece).toString("latin1") : [piece.offset, piece.length];
  return expectValue(await withExtracted(file, options, async ({ pieces: found }) => ok(found.map(shown))));
}

describe("of a plain kernel, ranges of the file are taken", () => {
  test("those of a vmlinux's sections, with zeros between them", async () => {
    const file = fileOf(
      vmlinux([
        section(".rodata", 0x1000n + BigInt(BANNER.length) + 3n, Buffer.from("code")),
        section(".text", 0x1000n, BANNER),
      ]),
    );
    expect(await pieces(file)).toEqual([[72, BANNER.length], "\0\0\0", [64, 4]]);
  });

  test("a vmlinux as it is", async () => {
    const bytes = vmlinux([section(".text", 0x1000n, BANNER)]);
    expect(await pieces(fileOf(bytes), { layer: "vmlinux" })).toEqual([[0, bytes.length]]);
  });

  test("an Image", async () => {
    const image = Buffer.alloc(100_000);
    image.write("ARM\x64", 0x38, "latin1");
    expect(await pieces(fileOf(image))).toEqual([[0, image.length]]);
  });

  test("of sections that overlap, bytes: the later one's", async () => {
    const file = fileOf(
      vmlinux([section(".text", 0x1000n, BANNER), section(".patch", 0x1006n, Buffer.from("VERSION"))]),
    );
    expect(await pieces(file)).toEqual(["Linux VERSION 6.1.0 (of this test)"]);
  });
});

test("the banner is looked for in all of a file, and is not needed for --raw", async () => {
  const far = 70 << 20;
  const bytes = vmlinux([section(".text", 0x1000n, Buffer.from("code"))]);
  const file = fileOf(bytes);
  const none = expectFailure(await withExtracted(file, {}, async () => ok(undefined)));
  expect(none).toMatchObject({ reason: "unsupported", what: "a program" });
  expect(await pieces(file, { raw: true })).toEqual([[64, 4]]);
  writeSync(openSync(file, "r+"), BANNER, 0, BANNER.length, far);
  expect(await pieces(file)).toEqual([[64, 4]]);
});

test("a file that changes before it is written leaves nothing", async () => {
  const file = fileOf(vmlinux([section(".text", 0x1000n, BANNER)]));
  const output = join(newFolder(), "flat");
  const options = { digests: false, signal: new AbortController().signal };
  const written = await withExtracted(file, {}, ({ pieces: found }) => {
    writeFileSync(file, vmlinux([section(".text", 0x1000n, BANNER.subarray(1))]));
    return writePieces(output, found, options);
  });
  expect(expectFailure(written)).toMatchObject({ reason: "unsupported", file });
  expect(existsSync(output)).toBe(false);
});
