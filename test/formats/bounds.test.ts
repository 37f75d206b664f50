import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ok } from "#core/result.ts";
import { withInputFile } from "#files/input-file.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { flattenElf, MOST_SEGMENTS } from "#formats/elf/flatten.ts";
import { MOST_SECTIONS } from "#formats/elf/header.ts";
import { inspectFile } from "#inspect/inspect.ts";
import { PartHashes } from "#inspect/part-hashes.ts";
import { buildElf, edited } from "../support/elf-builder.ts";
import { flatBytes } from "../support/flat-image.ts";
import { temporaryFolder } from "../toolchain/temporary-folder.ts";

const MEBIBYTE = 1024 * 1024;

describe("an ELF file", () => {
  test("of a million sections is refused before any is read", () => {
    const { bytes, shoff } = buildElf([{ name: ".text", data: Buffer.from("code") }]);
    const many = new Uint8Array(shoff + 1_000_000 * 64);
    many.set(bytes);
    const crowded = edited(many, (view) => {
      view.setUint16(0x3c, 0, true);
      view.setBigUint64(shoff + 0x20, 1_000_000n, true);
    });
    expect(decodeElf(crowded)).toMatchObject({
      failure: { detail: `1000000 section headers; at most ${MOST_SECTIONS} are read` },
    });
  });

  test("of more segments than any kernel has is not made flat", () => {
    const programs = Array.from({ length: MOST_SEGMENTS + 1 }, () => ({ type: 1, offset: 0n, filesz: 1n }));
    const elf = decodeElf(buildElf([], { programs }).bytes);
    expect(elf.ok && flattenElf(elf.value)).toMatchObject({
      failure: { detail: expect.stringContaining("1025 segments") },
    });
  });

  test("whose sections all are the same bytes is not copied time and again", () => {
    const data = new Uint8Array(100);
    const sections = Array.from({ length: 30 }, (_, i) => ({
      name: `.s${i}`,
      data,
      flags: 2,
      address: 0x1000n,
    }));
    const elf = decodeElf(buildElf(sections).bytes);
    const flat = elf.ok && flattenElf(elf.value, { limit: 2999 });
    expect(flat).toMatchObject({ failure: { reason: "size-exceeded", what: "what is loaded", size: 3000 } });
    expect(elf.ok && flatBytes(elf.value, { limit: 3000 })).toEqual(ok(data));
  });
});

describe("hashes", () => {
  test("of one and the same bytes are made once, and of overlapping ones up to eight times the file", async () => {
    const file = join(await temporaryFolder(), "f");
    writeFileSync(file, new Uint8Array(1000));
    const counted = await withInputFile(file, async (input) => {
      let reads = 0;
      const readSome = input.readSome.bind(input);
      input.readSome = (...range) => {
        reads += 1;
        return readSome(...range);
      };
      const hashes = new PartHashes(input);
      const same = Array.from({ length: 3000 }, () => ({ name: "s", offset: 0, size: 1000 }));
      for (const part of same) expect(await hashes.of(part)).toMatchObject({ ok: true });
      const once = hashes.left;
      const shifted = Array.from({ length: 100 }, (_, offset) => ({
        name: "s",
        offset: offset + 1,
        size: 899,
      }));
      for (const part of shifted) expect(await hashes.of(part)).toMatchObject({ ok: true });
      return ok([once, hashes.left, reads]);
    });
    // 1000 and 7 times 899 of 8000.
    expect(counted).toEqual(ok([0, 93, 1 + 7]));
  });

  test("that are left out are told of", async () => {
    const size = 4 * MEBIBYTE;
    const { bytes, shoff } = buildElf(
      Array.from({ length: 40 }, (_, i) => ({ name: `.s${i}`, data: Buffer.from("x") })),
    );
    const overlapping = edited(bytes, (view) => {
      for (let i = 1; i <= 40; i++) {
        view.setBigUint64(shoff + i * 64 + 0x18, BigInt(i), true);
        view.setBigUint64(shoff + i * 64 + 0x20, BigInt(size / 2), true);
      }
    });
    const file = join(await temporaryFolder(), "f");
    writeFileSync(file, overlapping);
    truncateSync(file, size);
    const found = await inspectFile(file, { hashes: true, limit: size, explain: () => "", own: undefined });
    expect(found.ok && found.value.warnings).toContain("27 parts are not hashed: they overlap many others");
    expect(found.ok && found.value.parts.filter(({ sha256 }) => sha256 !== undefined).length).toBe(42 - 27);
  });
});
