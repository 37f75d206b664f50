import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { CODECS, type Codec, decompress } from "#formats/compression/codecs.ts";
import { expectValue } from "../../../support/expect-value.ts";
import { extent } from "../../../support/extent.ts";
import { callsOf } from "../../../support/machine-code.ts";
import { recentXz } from "../../../support/recent-xz.ts";

// The judge is xz itself: what its encoder's filters did must be undone, byte for byte.

const xz = CODECS.find(({ name }) => name === "xz") as Codec;

/** Runs xz; the words of an older one end before its filters do, so Debian 13's may stand in. */
function filtered(content: Uint8Array, ...filters: string[]): Buffer {
  const [tool = "", ...words] = recentXz();
  const args = [...words, "-T1", "--check=crc32", ...filters, "--lzma2=preset=0", "-c"];
  const { status, stdout, stderr } = spawnSync(tool, args, { input: content, maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

async function comesBack(content: Uint8Array, stream: Uint8Array): Promise<void> {
  const result = expectValue(await decompress(xz, stream));
  expect(Buffer.compare(result.bytes, content)).toBe(0);
}

/** What the stream would decode to without the last step: shows that the filter had something to undo. */
function changed(content: Uint8Array, filter: string): boolean {
  const plain = filtered(content);
  return filtered(content, filter).length !== plain.length;
}

const FILTERS = [
  ["arm", "--arm", 4],
  ["thumb", "--armthumb", 2],
  ["powerpc", "--powerpc", 4],
  ["sparc", "--sparc", 4],
  ["ia64", "--ia64", 16],
  ["riscv", "--riscv", 2],
] as const;

describe.each(FILTERS)("xz's filter for %s", (arch, option, alignment) => {
  test("is undone on many bytes full of calls", async () => {
    const content = callsOf(arch, extent(120_000, 400_000));
    expect(changed(content, option)).toBe(true);
    await comesBack(content, filtered(content, option));
  });

  test("is undone where it starts at another address, and near the end of 32 bits", async () => {
    const content = callsOf(arch, 100_000, 7);
    for (const start of [4096, 0xffff_ff00]) {
      await comesBack(content, filtered(content, `${option}=start=${start}`));
    }
  });

  test("is undone on every length up to 40, which ends inside an instruction", async () => {
    const content = callsOf(arch, 64, 3);
    for (let length = 1; length <= 40; length++) {
      const short = content.subarray(0, length);
      await comesBack(short, filtered(short, option));
    }
  });

  test("is refused where its start is no multiple of its alignment", async () => {
    const stream = Buffer.from(filtered(callsOf(arch, 64), `${option}=start=${alignment * 3}`));
    // Stream header 12; then size, flags, filter id, size of its properties, and the start.
    stream.writeUInt32LE(alignment * 3 + 1, 16);
    const size = ((stream[12] ?? 0) + 1) * 4;
    stream.writeUInt32LE(crcOf(stream.subarray(12, 12 + size - 4)), 12 + size - 4);
    const result = await decompress(xz, stream, { base: 1000 });
    expect(result).toMatchObject({
      ok: false,
      failure: {
        reason: "malformed",
        section: "block header",
        offset: 1014,
        detail: expect.stringMatching(`filter that starts at ${alignment * 3 + 1}$`),
      },
    });
  });
});

describe("xz's delta filter", () => {
  test.each([1, 4, 256])("with distance %i is undone, alone and behind a branch filter", async (distance) => {
    const content = callsOf("arm", 50_000);
    await comesBack(content, filtered(content, `--delta=dist=${distance}`));
    await comesBack(content, filtered(content, "--arm", `--delta=dist=${distance}`));
    await comesBack(content.subarray(0, 3), filtered(content.subarray(0, 3), `--delta=dist=${distance}`));
  });

  test("with two bytes of properties is refused", async () => {
    const stream = Buffer.from(filtered(callsOf("arm", 64), "--delta=dist=4"));
    stream[15] = 2; // Size of the properties.
    stream.writeUInt32LE(crcOf(stream.subarray(12, 20)), 20);
    const result = await decompress(xz, stream, { base: 1000 });
    expect(result).toMatchObject({
      ok: false,
      failure: { offset: 1014, detail: "delta filter with 2 bytes of properties" },
    });
  });
});

test("a filter that xz does not know is refused by its number", async () => {
  const stream = Buffer.from(filtered(callsOf("arm", 64), "--arm"));
  stream[14] = 0x3f;
  stream.writeUInt32LE(crcOf(stream.subarray(12, 20)), 20);
  expect(await decompress(xz, stream)).toMatchObject({
    ok: false,
    failure: { section: "block header", offset: 14, detail: "unknown filter 0x3f" },
  });
});

/** CRC-32 bit by bit, apart from the one that the decoder uses. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0xedb88320);
  }
  return ~crc >>> 0;
}
