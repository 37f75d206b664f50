import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";

const BYTES = Uint8Array.of(0x01, 0x82, 0x03, 0x84, 0x05, 0x06, 0x07, 0x88, 0x41, 0x42, 0x00, 0x43);

function reader(options: { base?: number; littleEndian?: boolean } = {}): ByteReader {
  return new ByteReader(BYTES, { format: "TEST", section: "record", ...options });
}

function failure(read: () => unknown): unknown {
  const result = decoding(read);
  return result.ok ? { value: result.value } : result.failure;
}

describe("ByteReader", () => {
  test("reads numbers in both byte orders, unsigned but for i32", () => {
    const little = reader();
    expect([little.u8(1), little.u16(0), little.u32(0), little.i32(0)]).toEqual([
      0x82,
      0x8201,
      0x84038201,
      0x84038201 - 2 ** 32,
    ]);
    expect(little.u64(0)).toBe(0x8807060584038201n);
    const big = reader({ littleEndian: false });
    expect([big.u16(0), big.u32(0), big.u64(0), big.i32(1)]).toEqual([
      0x0182,
      0x01820384,
      0x0182038405060788n,
      0x82038405 - 2 ** 32,
    ]);
  });

  test("counts from its own bytes where these are a view into others", () => {
    const view = new ByteReader(BYTES.subarray(8), { format: "TEST", section: "view" });
    expect([view.length, view.u8(0), view.u16(2)]).toEqual([4, 0x41, 0x4300]);
  });

  test("gives views, not copies", () => {
    expect(reader().slice(8, 2)).toEqual(Uint8Array.of(0x41, 0x42));
    expect(reader().slice(8, 2).buffer).toBe(BYTES.buffer);
    expect(reader().slice(BYTES.length, 0)).toHaveLength(0);
  });

  test("reads a string up to its NUL, one character a byte", () => {
    expect(reader().cString(8)).toBe("AB");
    expect(reader().cString(10)).toBe("");
    expect(latin1(Uint8Array.of(0x41, 0xe9, 0xff))).toBe("Aéÿ");
  });

  test("takes a 64-bit size up to 2^53 - 1 and refuses a larger one, in hexadecimal", () => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 53n - 1n, true);
    new DataView(bytes.buffer).setBigUint64(8, 2n ** 53n, true);
    const sizes = new ByteReader(bytes, { format: "TEST", section: "sizes" });
    expect(sizes.size64(0)).toBe(Number.MAX_SAFE_INTEGER);
    expect(failure(() => sizes.size64(8))).toMatchObject({
      offset: 8,
      detail: "0x20000000000000 is no possible offset or size",
    });
  });

  test("names the format, the section and the offset in the outermost file", () => {
    expect(failure(() => reader({ base: 1000 }).u32(9))).toEqual({
      reason: "malformed",
      format: "TEST",
      section: "record",
      offset: 1009,
      detail: "4 bytes wanted, 3 left",
    });
    const inner = reader({ base: 1000 }).part("part", 8, 4);
    expect(failure(() => inner.u8(4))).toMatchObject({
      section: "part",
      offset: 1012,
      detail: "1 byte wanted, 0 left",
    });
    expect(failure(() => inner.fail(2, "odd"))).toMatchObject({ offset: 1010, detail: "odd" });
    expect(failure(() => inner.cString(3))).toMatchObject({
      offset: 1011,
      detail: "string without a terminating NUL",
    });
  });

  test("hands its byte order on to its parts", () =>
    expect(reader({ littleEndian: false }).part("part", 1, 4).u16(0)).toBe(0x8203));

  test.each([
    ["behind the end", () => reader().u8(12)],
    ["that wraps", () => reader().slice(4, Number.MAX_SAFE_INTEGER)],
    ["far away", () => reader().slice(Number.MAX_SAFE_INTEGER, 4)],
    ["before the start", () => reader().u16(-1)],
    ["of negative length", () => reader().slice(4, -1)],
    ["of a part too long", () => reader().part("part", 8, 5)],
    ["of a string behind the end", () => reader().cString(12)],
    ["of infinite length", () => reader().slice(0, Number.POSITIVE_INFINITY)],
  ])("refuses a place %s", (_, read) => expect(failure(read)).toMatchObject({ reason: "malformed" }));

  test("reads exactly what is inside, for any offset and length", () => {
    const number = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.maxSafeInteger());
    fc.assert(
      fc.property(number, number, (offset, length) => {
        const inside = offset >= 0 && length >= 0 && BigInt(offset) + BigInt(length) <= BYTES.length;
        const result = decoding(() => reader().slice(offset, length));
        expect(result.ok).toBe(inside);
        if (result.ok) expect(result.value).toEqual(BYTES.slice(offset, offset + length));
      }),
    );
  });
});

test("decoding() lets an exception that is a bug pass", () => {
  const bug = new TypeError("a bug");
  expect(() =>
    decoding(() => {
      throw bug;
    }),
  ).toThrow(bug);
});
