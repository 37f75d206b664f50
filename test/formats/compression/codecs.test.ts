import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CODECS, codecForZboot, decompress, detectCodec } from "#formats/compression/codecs.ts";
import { expectValue } from "../../support/expect-value.ts";
import { codec, GOOD, HELLO } from "./small-streams.ts";

async function failure(name: string, bytes: Uint8Array, limit?: number): Promise<unknown> {
  const result = await decompress(codec(name), bytes, {
    base: 1000,
    ...(limit === undefined ? {} : { limit }),
  });
  if (result.ok) return "ok";
  const { failure: f } = result;
  if (f.reason === "malformed") return [f.offset, f.detail];
  return f.reason === "size-exceeded" ? [f.reason, f.what, f.size, f.limit] : [f.reason, f.what];
}

describe("the table of codecs", () => {
  test.each([
    ["gzip", "gzip"],
    ["lz4", "lz4"],
    ["lzma", "lzma"],
    ["lzo", "lzo"],
    ["xzkern", "xz"],
    ["zstd22", "zstd"],
    ["zstd", "zstd"],
  ])("knows zboot's %s as %s", (zboot, name) => expect(codecForZboot(zboot)?.name).toBe(name));

  test("knows no other name, nor a part of one", () => {
    expect(["", "zst", "zstd2", "GZIP", "xzkern\0"].map(codecForZboot)).toEqual(Array(5).fill(undefined));
  });

  test.each(Object.entries(GOOD))("detects and decodes a small %s stream", async (name, bytes) => {
    expect(detectCodec(bytes)?.name).toBe(name);
    const result = expectValue(await decompress(codec(name), bytes));
    expect(Buffer.from(result.bytes)).toEqual(HELLO);
    expect(result.trailing).toBe(0);
  });

  test("detects nothing in an ELF file, an empty one, or half a magic number", () => {
    expect(detectCodec(Buffer.from("\x7fELF"))).toBeUndefined();
    expect(detectCodec(new Uint8Array(0))).toBeUndefined();
    expect(detectCodec(Uint8Array.of(0x28, 0xb5, 0x2f))).toBeUndefined();
  });
});

describe("a hostile stream", () => {
  test.each(Object.entries(GOOD))("of %s, cut at any byte, is refused", async (name, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(await failure(name, bytes.subarray(0, length)), `cut at ${length}`).not.toBe("ok");
    }
  });

  test.each(Object.entries(GOOD))("of %s, over the limit by one byte, is refused", async (name, bytes) => {
    expect(await failure(name, bytes, HELLO.length)).toBe("ok");
    expect(await failure(name, bytes, HELLO.length - 1)).toMatchObject([
      "size-exceeded",
      `decompressed ${name} data`,
      expect.any(Number),
      expect.any(Number),
    ]);
    expect(await failure(name, bytes, 0)).toMatchObject([
      "size-exceeded",
      `decompressed ${name} data`,
      expect.any(Number),
      expect.any(Number),
    ]);
  });

  test.each(Object.entries(GOOD))("of %s, with bytes behind it, counts them", async (name, bytes) => {
    const result = await decompress(codec(name), Buffer.concat([bytes, Buffer.alloc(3, 0xff)]));
    expect(result.ok && result.value.trailing).toBe(3);
  });

  test.each(Object.entries(GOOD))("of %s never makes the decoder throw", async (name, good) => {
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        void (await decompress(codec(name), bytes, { limit: 1 << 20 }));
      }),
      { numRuns: 1000 },
    );
  });

  test.each(CODECS.map(({ name, magic }) => [name, magic] as const))(
    "of arbitrary bytes behind the magic of %s never makes the decoder throw",
    async (name, magic) => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (tail) => {
          void (await decompress(codec(name), Uint8Array.from([...magic, ...tail]), { limit: 1 << 20 }));
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe("gzip", () => {
  test("with a wrong checksum or wrong size is refused", async () => {
    const bytes = gzipSync(HELLO);
    const wrongCrc = Uint8Array.from(bytes);
    wrongCrc[bytes.length - 8] = (bytes[bytes.length - 8] ?? 0) ^ 1;
    expect(await failure("gzip", wrongCrc)).toEqual([1000 + bytes.length - 8, "CRC32 does not match"]);
    const wrongSize = Uint8Array.from(bytes);
    wrongSize[bytes.length - 4] = 99;
    expect(await failure("gzip", wrongSize)).toEqual([1000 + bytes.length - 4, "size does not match"]);
  });

  test("may have every optional header field, and several members", async () => {
    const deflated = gzipSync(HELLO).subarray(10);
    const header = [0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7, 65, 0, 66, 0];
    const member = Buffer.concat([Uint8Array.from(header), deflated]);
    const result = await decompress(codec("gzip"), Buffer.concat([member, member]));
    expect(result.ok && Buffer.from(result.value.bytes)).toEqual(Buffer.concat([HELLO, HELLO]));
    const second = await failure("gzip", Buffer.concat([member, member]), HELLO.length * 2 - 1);
    expect(second).toMatchObject([
      "size-exceeded",
      "decompressed gzip data",
      HELLO.length * 2,
      HELLO.length * 2 - 1,
    ]);
  });

  test.each([
    ["another method than deflate", 2, 9, "compression method 9"],
    ["reserved flags", 3, 0x20, "reserved flags are set"],
  ])("with %s is refused", async (_, at, value, detail) => {
    const bytes = Uint8Array.from(gzipSync(HELLO));
    bytes[at] = value;
    expect(await failure("gzip", bytes)).toEqual([1000 + at, detail]);
  });

  test("of 16 MiB of zeros is stopped at the limit", async () => {
    const zeros = deflateRawSync(Buffer.alloc(1 << 24));
    const bomb = Buffer.concat([Buffer.from("\x1f\x8b\x08\0\0\0\0\0\0\x03", "latin1"), zeros]);
    expect(await failure("gzip", bomb, 1 << 20)).toEqual([
      "size-exceeded",
      "decompressed gzip data",
      (1 << 20) + 1,
      1 << 20,
    ]);
  });
});

describe("zstd", () => {
  /** Frame header without content size, window 128 KiB, then the blocks given as [type, size, bytes]. */
  const frame = (...blocks: [type: number, size: number, content: number[]][]) =>
    Uint8Array.from([
      ...[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38],
      ...blocks.flatMap(([type, size, content], i) => {
        const header = (size << 3) | (type << 1) | (i === blocks.length - 1 ? 1 : 0);
        return [header & 0xff, (header >> 8) & 0xff, header >> 16, ...content];
      }),
    ]);

  test("of raw and run-length blocks comes back", async () => {
    const result = await decompress(codec("zstd"), frame([0, 2, [65, 66]], [1, 5, [67]]));
    expect(result.ok && Buffer.from(result.value.bytes).toString()).toBe("ABCCCCC");
  });

  test("with a block of the reserved type is refused", async () =>
    expect(await failure("zstd", frame([3, 0, []]))).toEqual([1006, "block of the reserved type"]));

  test("with the reserved header bit is refused", async () => {
    const bytes = frame([0, 1, [65]]);
    bytes[4] = 0x08;
    expect(await failure("zstd", bytes)).toEqual([1004, "reserved bit of the frame header is set"]);
  });

  test("with a window of 256 MiB is refused", async () => {
    const bytes = frame([0, 1, [65]]);
    bytes[5] = 18 << 3;
    expect(await failure("zstd", bytes)).toEqual([
      "size-exceeded",
      "decompressed zstd window data",
      256 * 1024 * 1024,
      128 * 1024 * 1024,
    ]);
  });

  test("with a dictionary is refused", async () => {
    const bytes = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x38, 7, 1, 0, 0]);
    expect(await failure("zstd", bytes)).toEqual([1000, "needs a dictionary"]);
  });

  test("that declares gigabytes its blocks cannot hold is refused before anything is allocated", async () => {
    const bytes = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x38, 0xff, 0xff, 0xff, 0x7f, 9, 0, 0, 65]);
    expect(await failure("zstd", bytes)).toEqual([
      1000,
      "frame declares 2147483647 bytes, its blocks hold 1 at most",
    ]);
  });
});

describe("lz4 legacy", () => {
  const frame = (...blocks: number[][]) =>
    Uint8Array.from([0x02, 0x21, 0x4c, 0x18, ...blocks.flatMap((b) => [b.length, 0, 0, 0, ...b])]);

  test.each([
    ["a distance of 0", [0x10, 65, 0, 0], 1010, "distance 0 at byte 1 of the block"],
    ["a distance before its block", [0x10, 65, 2, 0], 1010, "distance 2 at byte 1 of the block"],
    ["more literals than bytes", [0x50, 65], 1009, "5 literals, 1 bytes left"],
    ["a length that runs out", [0xf0, 255, 255], 1011, "block ends inside a length"],
    ["half a distance", [0x10, 65, 1], 1010, "block ends inside a distance"],
    ["a match at its end", [0x10, 65, 1, 0], 1012, "block ends without its last literals"],
  ])("with %s is refused", async (_, block, offset, detail) => {
    expect(await failure("lz4", frame(block))).toEqual([offset, detail]);
  });

  test("copies an overlapping match byte by byte", async () => {
    const result = await decompress(codec("lz4"), frame([0x24, 65, 66, 2, 0, 0x10, 67]));
    expect(result.ok && Buffer.from(result.value.bytes).toString()).toBe("ABABABABABC");
  });

  test("may consist of several frames", async () => {
    const one = frame([0x10, 65]);
    const result = await decompress(codec("lz4"), Buffer.concat([one, one]));
    expect(result.ok && Buffer.from(result.value.bytes).toString()).toBe("AA");
  });
});

describe("xz", () => {
  const good = GOOD["xz"] ?? Buffer.alloc(0);
  const flipped = (at: number) => {
    const bytes = Uint8Array.from(good);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };

  test("with any one byte changed is refused", async () => {
    for (let at = 0; at < good.length; at++) {
      expect(await failure("xz", flipped(at)), `byte ${at}`).not.toBe("ok");
    }
  });

  test("with a wrong check of its content names the check", async () => {
    // Header 12, block header 12, LZMA2 data padded to 4, then the CRC32 before the index.
    const checkAt = good.length - 12 - 8 - 4;
    expect(await failure("xz", flipped(checkAt))).toEqual([1000 + checkAt, "CRC32 does not match"]);
  });
});

describe("lzma", () => {
  const good = GOOD["lzma"] ?? Buffer.alloc(0);

  test("that declares more than the limit is refused at once", async () => {
    const bytes = Uint8Array.from(good);
    bytes.set([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 5);
    expect(await failure("lzma", bytes)).toEqual([
      "size-exceeded",
      "decompressed lzma data",
      0xffff_ffff,
      512 * 1024 * 1024,
    ]);
  });

  test("with a properties byte that is none is refused", async () => {
    const bytes = Uint8Array.from(good);
    bytes[0] = 225;
    expect(await failure("lzma", bytes)).toEqual([1000, "properties byte 225"]);
  });
});
