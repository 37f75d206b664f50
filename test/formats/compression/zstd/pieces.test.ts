import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { decompressZstd } from "#formats/compression/zstd/zstd.ts";
import { expectFailure, expectValue } from "../../../support/expect-value.ts";

const MIB = 1024 * 1024;
const OPTIONS = { base: 0, limit: 512 * MIB, sizeHint: undefined };
/** More than what is decoded in one piece, with matches near and far. */
const CONTENT = Buffer.concat(
  Array.from({ length: 65 }, (_, i) =>
    Buffer.from(`${i * 7919} lines of ${i}\n`.repeat(MIB / 16)).subarray(0, MIB),
  ),
);
const FRAME = Uint8Array.from(zstd(CONTENT));

function zstd(content: Uint8Array): Buffer {
  return execFileSync("zstd", ["-q", "-3", "--check", "-c"], { input: content, maxBuffer: 1024 * MIB });
}

async function decoded(frame: Uint8Array): Promise<boolean> {
  const { bytes, trailing } = expectValue(await decompressZstd(frame, OPTIONS));
  return trailing === 0 && Buffer.compare(bytes, CONTENT) === 0;
}

test("a frame of more than 64 MiB is decoded, byte by byte as it was", async () => {
  expect(await decoded(FRAME)).toBe(true);
});

test("a changed block or checksum of it is corrupt, however often, and the next good one is not", async () => {
  for (const at of [FRAME.length >> 1, FRAME.length - 1, FRAME.length >> 2]) {
    const changed = FRAME.slice();
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    expect(expectFailure(await decompressZstd(changed, OPTIONS)).reason).toBe("malformed");
    expect(await decoded(FRAME)).toBe(true);
  }
});

test("more output than the limit is told as that", async () => {
  const limit = CONTENT.length - 1;
  expect(expectFailure(await decompressZstd(FRAME, { ...OPTIONS, limit })).reason).toBe("size-exceeded");
});
