import { describe, expect, test } from "vitest";
import { decompress, detectCodec, detectFileCodec } from "#formats/compression/codecs.ts";
import { codec, GOOD, HELLO } from "./small-streams.ts";

/** What comes of it: text and how many bytes are left over, or what is wrong and where. */
async function told(name: string, parts: readonly Uint8Array[], streams?: "first"): Promise<unknown> {
  const options = streams === undefined ? {} : { streams };
  const result = await decompress(codec(name), Buffer.concat(parts), { base: 1000, ...options });
  if (result.ok) return [Buffer.from(result.value.bytes).toString(), result.value.trailing];
  return result.failure.reason === "malformed"
    ? [result.failure.offset, result.failure.detail]
    : result.failure;
}

function good(name: string): Buffer {
  const stream = GOOD[name];
  if (stream === undefined) throw new Error(name);
  return stream;
}

const ONCE = HELLO.toString();
/** lz4's frames follow one another within the decoder; .lzma files do not. */
const JOINED = ["gzip", "zstd", "xz", "lzo", "bzip2"];

describe("streams that follow one another", () => {
  test.each([...JOINED, "lz4"])("are one: %s", async (name) => {
    expect(await told(name, [good(name), good(name)])).toEqual([ONCE + ONCE, 0]);
    const rest = Buffer.alloc(7, 0xff);
    expect(await told(name, [good(name), good(name), good(name), rest])).toEqual([ONCE.repeat(3), 7]);
  });

  test.each(JOINED)("are one for a file alone, a kernel takes the first of its payload: %s", async (name) => {
    expect(await told(name, [good(name), good(name)], "first")).toEqual([ONCE, good(name).length]);
  });

  test("are not one in .lzma files, as for xz", async () => {
    expect(await told("lzma", [good("lzma"), good("lzma")])).toEqual([ONCE, good("lzma").length]);
  });

  test.each(JOINED)(
    "fail where the second is cut short anywhere, even within its magic: %s",
    async (name) => {
      const stream = good(name);
      for (let length = 1; length < stream.length; length++) {
        const [offset] = (await told(name, [stream, stream.subarray(0, length)])) as [number | string];
        expect(offset, `cut at ${length}`).toBeTypeOf("number");
        expect(offset).toBeGreaterThanOrEqual(1000 + stream.length);
      }
    },
  );

  test.each(JOINED)("fail where the second is damaged: %s", async (name) => {
    const damaged = Buffer.from(good(name));
    const at = codec(name).magic.length + 1;
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    const bytes = Buffer.concat([good(name), damaged]);
    expect((await decompress(codec(name), bytes)).ok).toBe(false);
    expect((await decompress(codec(name), bytes, { streams: "first" })).ok).toBe(true);
  });

  test.each(JOINED)("share one limit: %s", async (name) => {
    const bytes = Buffer.concat([good(name), good(name)]);
    const size = HELLO.length * 2;
    expect((await decompress(codec(name), bytes, { limit: size })).ok).toBe(true);
    expect(await decompress(codec(name), bytes, { limit: size - 1 })).toMatchObject({
      ok: false,
      failure: { reason: "size-exceeded", limit: size - 1, size: expect.toSatisfy((n: number) => n >= size) },
    });
  });

  test("are no more than 16,384", async () => {
    const empty = Buffer.from("28b52ffd2000010000", "hex");
    const many = (count: number) => told("zstd", [Buffer.alloc(empty.length * count, empty)]);
    expect(await many(16_384)).toEqual(["", 0]);
    expect(await many(16_385)).toEqual([1000 + 16_384 * 9, "more than 16384 streams"]);
  });
});

describe("xz stream padding", () => {
  test.each([0, 4, 8, 512])(
    "of %i zero bytes may stand between streams and behind the last",
    async (size) => {
      const padding = Buffer.alloc(size);
      expect(await told("xz", [good("xz"), padding, good("xz"), padding])).toEqual([ONCE + ONCE, 0]);
    },
  );

  test("of another size is damage before a stream, and no padding behind the last", async () => {
    for (const size of [1, 2, 3, 5]) {
      const padding = Buffer.alloc(size);
      const at = 1000 + good("xz").length;
      expect(await told("xz", [good("xz"), padding, good("xz")])).toEqual([
        at,
        `stream padding of ${size} bytes, not a multiple of 4`,
      ]);
      expect(await told("xz", [good("xz"), padding])).toEqual([ONCE, size]);
    }
  });

  test("is not what other bytes begin with", async () => {
    const size = Buffer.of(0, 0, 0x10, 2);
    expect(await told("xz", [good("xz"), size])).toEqual([ONCE, 4]);
  });
});

describe("zstd's skippable frames", () => {
  const skippable = (magic: number, size: number) => {
    const frame = Buffer.alloc(8 + size, 0x28);
    frame.writeUInt32LE(magic, 0);
    frame.writeUInt32LE(size, 4);
    return frame;
  };
  const [small, large] = [skippable(0x184d2a50, 0), skippable(0x184d2a5f, 300)];
  const zstd = good("zstd");

  test("may stand before, between and behind the others", async () => {
    expect(await told("zstd", [small, large, zstd])).toEqual([ONCE, 0]);
    expect(await told("zstd", [large, zstd, small, zstd, large, small])).toEqual([ONCE + ONCE, 0]);
    expect(detectFileCodec(Buffer.concat([large, zstd]))?.name).toBe("zstd");
  });

  test("are found first in a file, not by a kernel in its payload", async () => {
    expect(detectCodec(Buffer.concat([small, zstd]))).toBeUndefined();
    expect(await told("zstd", [small, zstd], "first")).toEqual([1000, "no zstd magic"]);
    expect(detectFileCodec(large)).toBeUndefined();
    expect(detectFileCodec(skippable(0x184d2a60, 0))).toBeUndefined();
  });

  test("that are cut short are damage", async () => {
    expect(await told("zstd", [zstd, large.subarray(0, 100)])).toEqual([
      1000 + zstd.length + 8,
      "300 bytes wanted, 92 left",
    ]);
    expect(detectFileCodec(large.subarray(0, 100))).toBeUndefined();
  });
});
