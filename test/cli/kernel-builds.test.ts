import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { encodeZboot } from "#formats/zboot/encode.ts";
import { cliOk } from "../support/cli.ts";
import { extent } from "../support/extent.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { arm64Image } from "../support/real-inputs.ts";
import { recentXz } from "../support/recent-xz.ts";
import { judgedBy } from "../support/tools.ts";

/**
 * What a kernel's build compresses its Image with for vmlinuz.efi: scripts/Makefile.lib, and for xz on arm64
 * scripts/xz_wrap.sh (instructions of four bytes, hence lp and lc; a dictionary larger than the kernel).
 */
const BUILDS: readonly (readonly [compression: string, words: () => readonly string[]])[] = [
  ["gzip", () => ["gzip", "-n", "-9", "-c"]],
  ["lz4", () => ["lz4", "-l", "-9", "-c"]],
  ["lzma", () => ["lzma", "-9", "-c"]],
  ["lzo", () => ["lzop", "-9", "-c"]],
  [
    "xzkern",
    () => [
      ...recentXz(),
      "--check=crc32",
      "--threads=1",
      "--arm64",
      "--lzma2=pb=2,lp=2,lc=2,dict=128MiB",
      "-c",
    ],
  ],
  ["zstd22", () => ["zstd", "-q", "-22", "--ultra", "-c"]],
];

/** The header, code and data of a kernel: the slowest compressors need half a minute for all of it, which `npm run test:kernel` boots. */
function someOf(image: Uint8Array): Uint8Array {
  const most = extent(1 << 20, 4 << 20);
  return Buffer.concat([image.subarray(0, most), image.subarray(-most)]);
}

const SETTINGS = { concurrent: true };

judgedBy(
  ["gzip", "lz4", "lzma", "lzop", "xz", "zstd"],
  "extract gives Debian's arm64 Image back from a zboot file with the stream of a kernel's build",
  () => {
    test.each(BUILDS)("compressed for %s", SETTINGS, async (compression, words) => {
      const image = write(join(newFolder(), "Image"), someOf(readFileSync(arm64Image())));
      const [tool = "", ...args] = words();
      const { stdout: payload } = await promisify(execFile)(tool, [...args, image], {
        encoding: "buffer",
        maxBuffer: 1 << 28,
      });
      const content = readFileSync(image);
      // Stored, the stream would prove nothing.
      expect(payload.length).toBeLessThan(content.length / 2);
      const zboot = encodeZboot({
        arch: "arm64",
        compression,
        payload,
        uncompressedSize: content.length,
      });
      const cwd = newFolder();
      write(join(cwd, "vmlinuz.efi"), zboot);
      await cliOk(["extract", "vmlinuz.efi", "-o", "Image"], { cwd });
      expect(digest(readFileSync(join(cwd, "Image")))).toBe(digest(content));
    });
  },
);
