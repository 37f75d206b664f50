import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CODECS, type Codec, compress, decompress } from "#formats/compression/codecs.ts";
import { frameOfRawBlocks } from "#formats/compression/zstd/zstd-encode.ts";
import { expectValue } from "../../support/expect-value.ts";
import { extent } from "../../support/extent.ts";
import { machineCode } from "../../support/machine-code.ts";
import { judgedBy, output } from "../../support/tools.ts";

// The judges are the tools: what our encoders write must decode to the same bytes there.

const JUDGES: readonly (readonly [codec: string, tool: string, ...args: string[]])[] = [
  ["gzip", "gzip", "-dc"],
  ["lz4", "lz4", "-dc"],
  ["lzma", "xz", "-dc", "--format=lzma"],
  ["lzo", "lzop", "-dc"],
  ["xz", "xz", "-dc", "--format=xz"],
  ["zstd", "zstd", "-dc"],
];

const random = (size: number) => {
  const bytes = Buffer.alloc(size);
  let state = 99;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
};
const code = machineCode(extent(300_000, 1 << 20));

/** Each size is at an edge of some format: a zstd block, an LZMA2 chunk, an lzop block, a literal run's length. */
const CONTENTS: readonly (readonly [name: string, content: Buffer])[] = [
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from("x")],
  ["one byte 300,000 times", Buffer.alloc(300_000, 7)],
  ["text", Buffer.from("CONFIG_KEXEC_FILE=y\nCONFIG_DEBUG_INFO_BTF=y\n".repeat(5000))],
  ["much machine code", code],
  ...[3, 4, 5, 18, 19, 238, 239, 240, 300, 65_536, 65_537, 131_072, 131_073, 262_144, 262_145].map(
    (size) => [`${size} random bytes`, random(size)] as const,
  ),
  ["repetitions far apart", Buffer.concat([random(20_000), Buffer.alloc(40_000, 1), random(20_000)])],
  ["repetitions 16 KiB apart", Buffer.concat(Array(4).fill(random(0x4000)))],
  ["repetitions 16 KiB and 1 apart", Buffer.concat(Array(4).fill(random(0x4001)))],
  ["repetitions 48 KiB less 1 apart", Buffer.concat(Array(3).fill(random(0xbfff)))],
];

const codecOf = (name: string): Codec => CODECS.find((codec) => codec.name === name) as Codec;

async function encoded(name: string, content: Uint8Array): Promise<Uint8Array> {
  return expectValue(await compress(codecOf(name), content));
}

for (const [name, tool, ...args] of JUDGES) {
  judgedBy([tool], `what we write as ${name}, judged by ${tool}`, () => {
    test.each(CONTENTS)("decodes to the same: %s", async (_, content) => {
      const stream = await encoded(name, content);
      expect(Buffer.compare(output(tool, args, stream), content)).toBe(0);
      const own = await decompress(codecOf(name), stream);
      expect(own.ok && [own.value.trailing, Buffer.compare(own.value.bytes, content)]).toEqual([0, 0]);
    });
  });
}

judgedBy(["zstd"], "a zstd frame of raw blocks, which Node before 22.15 has to do with", () => {
  test.each(CONTENTS)("decodes to the same: %s", (_, content) => {
    expect(Buffer.compare(output("zstd", ["-dc"], frameOfRawBlocks(content)), content)).toBe(0);
  });
});

describe("the encoders", () => {
  test.each(["gzip", "lz4", "lzma", "lzo"])("of %s make machine code smaller", async (name) => {
    expect((await encoded(name, code)).length).toBeLessThan(code.length * 0.8);
  });

  test.each(JUDGES)("of %s give back anything that repeats", async (name) => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(60).map((size) => new Uint8Array(size)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.nat(3), async (pieces, times) => {
        const content = Buffer.concat(
          Array(times + 1)
            .fill(pieces)
            .flat(),
        );
        const back = await decompress(codecOf(name), await encoded(name, content));
        expect(back.ok && Buffer.from(back.value.bytes)).toEqual(content);
      }),
      { numRuns: extent(50, 200) },
    );
  });

  test("do not write bzip2, which no zboot image has", async () => {
    expect(await compress(codecOf("bzip2"), code)).toMatchObject({
      ok: false,
      failure: { reason: "unsupported", what: "bzip2 compression" },
    });
  });

  test("split lz4 into blocks of 8 MiB", async () => {
    const content = Buffer.concat(Array(Math.ceil((9 << 20) / code.length)).fill(code));
    const stream = await encoded("lz4", content);
    const first = new DataView(stream.buffer, stream.byteOffset).getUint32(4, true);
    expect(stream.length).toBeGreaterThan(8 + first);
    const back = await decompress(codecOf("lz4"), stream);
    expect(back.ok && Buffer.compare(back.value.bytes, content)).toBe(0);
  });
});
