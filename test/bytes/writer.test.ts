import { expect, test } from "vitest";
import { ByteWriter } from "#bytes/writer.ts";

test("a record is written little-endian, at the places given, zero elsewhere", () => {
  const writer = new ByteWriter(20);
  const same = writer
    .u8(0, 0x12)
    .u16(1, 0x3456)
    .u32(4, 0xdeadbeef)
    .u64(8, 2 ** 53 - 1);
  expect(same.put(17, Uint8Array.of(1, 2)).bytes).toEqual(
    Uint8Array.of(
      0x12,
      0x56,
      0x34,
      0,
      0xef,
      0xbe,
      0xad,
      0xde,
      255,
      255,
      255,
      255,
      255,
      255,
      31,
      0,
      0,
      1,
      2,
      0,
    ),
  );
});

test("a place outside the record is refused", () => {
  expect(() => new ByteWriter(4).u32(1, 0)).toThrow(RangeError);
  expect(() => new ByteWriter(4).u8(4, 0)).toThrow(RangeError);
  expect(() => new ByteWriter(4).put(3, Uint8Array.of(1, 2))).toThrow(RangeError);
});
