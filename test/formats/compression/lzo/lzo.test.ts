import { describe, expect, test } from "vitest";
import { CODECS, type Codec, decompress } from "#formats/compression/codecs.ts";

const lzo = CODECS.find(({ name }) => name === "lzo") as Codec;
const HEADER_AT = 9;
const BLOCK_AT = 38;
const DATA_AT = BLOCK_AT + 12;

/** Adler-32, apart from the decoder's. */
function adler(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

type Change = {
  readonly size?: number;
  readonly compressed?: number;
  readonly flags?: number;
  readonly method?: number;
  readonly version?: number;
  /** Added to the header's checksum, or the block's. */
  readonly headerSum?: number;
  readonly blockSum?: number;
};

/** An lzop file with one block that says that it decodes to `content`. */
function file(block: readonly number[], content: string, change: Change = {}): Buffer {
  const header = Buffer.alloc(25);
  header.writeUInt16BE(change.version ?? 0x1040, 0);
  header.writeUInt16BE(0x20a0, 2);
  header.writeUInt16BE(0x0940, 4);
  header.writeUInt8(change.method ?? 1, 6);
  header.writeUInt32BE(change.flags ?? 1, 8);
  const rest = Buffer.alloc(16);
  rest.writeUInt32BE(adler(header) + (change.headerSum ?? 0), 0);
  rest.writeUInt32BE(change.size ?? content.length, 4);
  rest.writeUInt32BE(change.compressed ?? block.length, 8);
  rest.writeUInt32BE(adler(Buffer.from(content, "latin1")) + (change.blockSum ?? 0), 12);
  const magic = Buffer.from("\x89LZO\0\r\n\x1a\n", "latin1");
  return Buffer.concat([magic, header, rest, Uint8Array.from(block), Buffer.alloc(4)]);
}

async function outcome(bytes: Uint8Array): Promise<unknown> {
  const result = await decompress(lzo, bytes, { base: 1000 });
  if (result.ok) return Buffer.from(result.value.bytes).toString("latin1");
  const { failure } = result;
  return failure.reason === "malformed"
    ? [failure.offset - 1000, failure.detail]
    : failure.reason === "unsupported"
      ? failure.detail
      : [failure.reason, failure.size];
}

const ABCD = [17 + 4, 97, 98, 99, 100];
const END = [0x11, 0, 0];

describe("an LZO1X block", () => {
  test.each([
    ["5 to 8 bytes from up to 2 KiB back", [...ABCD, 0xec, 0, ...END], "abcd".repeat(3)],
    ["3 or 4 bytes from up to 2 KiB back", [...ABCD, 0x6c, 0, 0x6c, 0, 0x6c, 0, ...END], "abcd".repeat(4)],
    ["a long length", [...ABCD, 0x20, 0, 1, 0x0c, 0, ...END], `abcd${"abcd".repeat(72)}a`.slice(0, 4 + 289)],
    ["literals behind a match", [...ABCD, 0xed, 0, 120, ...END], `${"abcd".repeat(3)}x`],
    ["2 bytes behind those", [...ABCD, 0xed, 0, 120, 0x00, 0, ...END], `${"abcd".repeat(3)}xxx`],
    ["3 bytes from 2 KiB back behind a run", longRun(), undefined],
  ])("copies %s", async (_, block, content) => {
    const wanted = content ?? `ab${"z".repeat(2047)}ab${"z".repeat(1 + 133)}`;
    expect(await outcome(file(block, wanted, { size: wanted.length }))).toBe(wanted);
  });

  const LONG = "x".repeat(64);
  test.each([
    ["a distance before its start", [...ABCD, 0x40, 1, ...END], 5, "distance 9 at byte 4 of the block"],
    ["more literals than bytes", [17 + 50, 97, 98], 1, "50 literals, 2 bytes left"],
    ["a length that runs out", [0, 0, 0], 3, "block ends inside an instruction"],
    ["half an instruction", [...ABCD, 0x40], 6, "block ends inside an instruction"],
    ["no end", ABCD, 5, "block ends inside an instruction"],
    ["bytes behind its end", [...ABCD, ...END, 1], 8, "1 bytes behind the end of the block"],
    ["an end of another length", [...ABCD, 0x12, 0, 0], 5, "end of block with length 4"],
    ["less content than declared", [...ABCD, ...END], 0, "block decodes to less than 64 bytes"],
    [
      "more content than declared",
      [...ABCD, 0x20, 100, 0x0c, 0, ...END],
      0,
      "block decodes to more than 64 bytes",
    ],
  ])("with %s is refused", async (_, block, offset, detail) => {
    expect(await outcome(file(block, LONG))).toEqual([DATA_AT + offset, detail]);
  });
});

/** A run of 2049 literals (3 + 15 + 7 * 255 + 246), then 3 bytes from 2049 back, and 133 from 1. */
function longRun(): number[] {
  return [
    0,
    ...Array<number>(7).fill(0),
    246,
    97,
    98,
    ...Array<number>(2047).fill(122),
    0,
    0,
    0x20,
    100,
    0,
    0,
    ...END,
  ];
}

describe("an lzop file", () => {
  const good = [...ABCD, 0xec, 0, ...END];
  const content = "abcd".repeat(3);

  test.each([
    ["a header whose checksum is wrong", { headerSum: 1 }, 34, "checksum of the header does not match"],
    ["a block whose checksum is wrong", { blockSum: 1 }, BLOCK_AT + 8, "Adler-32 of a block does not match"],
    ["method 0", { method: 0 }, 15, "compression method 0"],
    ["method 128", { method: 128 }, 15, "compression method 128"],
    ["a version before 0.940", { version: 0x0930 }, HEADER_AT, "written by version 0x930"],
    ["a block over 256 KiB", { size: 262_145 }, BLOCK_AT, "block of 262145 bytes, at most 262144"],
    ["a block of UINT_MAX", { size: 0xffff_ffff }, BLOCK_AT, "block of 4294967295 bytes, at most 262144"],
    [
      "more compressed than uncompressed bytes",
      { compressed: 13 },
      42,
      "block of 12 bytes with 13 compressed ones",
    ],
    ["a block without compressed bytes", { compressed: 0 }, 42, "block of 12 bytes with 0 compressed ones"],
    ["a stored block that is cut", { size: 99, compressed: 99 }, DATA_AT, "99 bytes wanted, 14 left"],
  ])("with %s is refused", async (_, change, offset, detail) => {
    expect(await outcome(file(good, content, change))).toEqual([offset, detail]);
  });

  test.each([
    ["a filter", 0x801, "has a filter, which the kernel does not undo"],
    ["an extra field", 0x41, "has an extra header field, which the kernel does not skip"],
    ["several parts", 0x401, "is a part of several"],
    ["no checksums", 0x0, expect.stringMatching(/^has not exactly one checksum/)],
    ["two checksums a block", 0x101, expect.stringMatching(/^has not exactly one checksum/)],
    ["checksums of the compressed bytes", 0x3, expect.stringMatching(/^has not exactly one checksum/)],
  ])("with %s is unsupported, as the kernel would misread it", async (_, flags, detail) => {
    const bytes = file(good, content, { flags });
    // A filter has four bytes of its own in the header, before the checksum.
    const at = HEADER_AT + 12;
    const whole =
      flags === 0x801 ? Buffer.concat([bytes.subarray(0, at), Buffer.alloc(4), bytes.subarray(at)]) : bytes;
    if (flags === 0x801) whole.writeUInt32BE(adler(whole.subarray(HEADER_AT, 38)), 38);
    expect(await outcome(whole)).toEqual(detail);
  });

  test("may store a block as it is", async () =>
    expect(await outcome(file([...Buffer.from("stored")], "stored"))).toBe("stored"));
});
