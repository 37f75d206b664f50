import { describe, expect, test } from "vitest";
import { CODECS, type Codec, decompress } from "#formats/compression/codecs.ts";
import { judgedBy, output } from "../../../support/tools.ts";

const bzip2 = CODECS.find(({ name }) => name === "bzip2") as Codec;

const HELLO = "hello, hello, hello, hello\n";
/** From `bzip2` of that. */
const GOOD = Buffer.from(
  "425a68393141592653593d595d730000075100001040040244a000310c0092189796280d38140f1772453850903d595d73",
  "hex",
);

async function outcome(bytes: Uint8Array): Promise<unknown> {
  const result = await decompress(bzip2, bytes, { base: 1000, limit: 1 << 20 });
  if (result.ok) return Buffer.from(result.value.bytes).toString("latin1");
  const { failure } = result;
  return failure.reason === "malformed" ? [failure.offset - 1000, failure.detail] : failure.reason;
}

/** A stream from its bits after the magic of its first block: numbers with their widths. */
function stream(...fields: readonly (readonly [width: number, value: number])[]): Uint8Array {
  const bits = fields.map(([width, value]) => value.toString(2).padStart(width, "0")).join("");
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? [];
  return Buffer.concat([
    GOOD.subarray(0, 10),
    Uint8Array.from(bytes.map((byte) => Number.parseInt(byte, 2))),
  ]);
}

const CRC = [32, 0] as const;
const HEAD = [CRC, [1, 0], [24, 0]] as const;
/** One group of byte values with "a" in it: an alphabet of three symbols. */
const ONE_USED = [
  [16, 0x0200],
  [16, 0x4000],
] as const;

describe("a hostile bzip2 stream", () => {
  const edited = (at: number, value: number) => {
    const bytes = Uint8Array.from(GOOD);
    bytes[at] = value;
    return bytes;
  };

  test.each([
    ["level 0", edited(3, 0x30), 0, "no bzip2 magic"],
    ["a level that is no digit", edited(3, 0x3a), 0, "no bzip2 magic"],
    ["another block magic", edited(4, 0x32), 4, "neither a block nor the end"],
    ["a wrong CRC of its block", edited(10, 0x3c), 4, "CRC of a block does not match"],
    ["a wrong CRC at its end", edited(GOOD.length - 1, 0), 39, "CRC of the stream does not match"],
    [
      "an origin outside its block",
      edited(16, 0xff),
      expect.any(Number),
      expect.stringMatching(/^origin \d+ in a block of/),
    ],
    ["no byte value used", stream(...HEAD, [16, 0]), 19, "block without any byte value"],
    ["one Huffman code", stream(...HEAD, ...ONE_USED, [3, 1]), 21, "1 Huffman codes"],
    ["seven Huffman codes", stream(...HEAD, ...ONE_USED, [3, 7]), 21, "7 Huffman codes"],
    ["no selectors", stream(...HEAD, ...ONE_USED, [3, 2], [15, 0]), 23, "no selectors"],
    [
      "a selector of no code",
      stream(...HEAD, ...ONE_USED, [3, 2], [15, 1], [2, 3]),
      23,
      "selector of 2 codes",
    ],
    ["a code of 0 bits", stream(...HEAD, ...ONE_USED, [3, 2], [15, 1], [1, 0], [5, 0]), 24, "code of 0 bits"],
    [
      "a code of 21 bits",
      stream(...HEAD, ...ONE_USED, [3, 2], [15, 1], [1, 0], [5, 21]),
      24,
      "code of 21 bits",
    ],
    [
      "more symbols of 1 bit than there are",
      stream(...HEAD, ...ONE_USED, [3, 2], [15, 1], [1, 0], [5, 1], [3, 0]),
      24,
      "Huffman code with more symbols than it has room for",
    ],
  ])("with %s is refused", async (_, bytes, offset, detail) => {
    expect(await outcome(bytes)).toEqual([offset, detail]);
  });

  test("with a randomised block is unsupported", async () =>
    expect(await outcome(edited(14, (GOOD[14] ?? 0) | 0x80))).toBe("unsupported"));

  test("with any one bit changed is refused, or gives the same bytes where the bit has no effect", async () => {
    let refused = 0;
    for (let bit = 32; bit < GOOD.length * 8; bit++) {
      const bytes = edited(bit >>> 3, (GOOD[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7)));
      const result = await outcome(bytes);
      if (typeof result === "string" && result !== "unsupported") expect(result).toBe(HELLO);
      else refused++;
    }
    expect(refused).toBeGreaterThan(GOOD.length * 6);
  });
});

judgedBy(["bzip2"], "what bzip2 writes", () => {
  test("comes back as one where streams follow one another", async () => {
    const two = Buffer.concat([
      output("bzip2", ["-c"], Buffer.from("one ")),
      output("bzip2", ["-1c"], Buffer.from("two")),
    ]);
    expect(await outcome(two)).toBe("one two");
  });

  test("of 10 MB of one byte, 45 bytes long, is stopped at the limit", async () => {
    expect(await outcome(output("bzip2", ["-c"], Buffer.alloc(10_000_000)))).toBe("size-exceeded");
  });

  test.each([4, 5, 255, 258, 259, 260, 1000])("of a run of %i bytes comes back", async (length) => {
    expect(await outcome(output("bzip2", ["-c"], Buffer.alloc(length, 97)))).toBe("a".repeat(length));
  });

  test("of all byte values many times over comes back, over several blocks", async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24));
    expect(await outcome(output("bzip2", ["-1c"], content))).toBe(content.toString("latin1"));
  });
});
