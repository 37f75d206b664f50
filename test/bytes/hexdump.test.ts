import { expect, test } from "vitest";
import { hexdump, hexdumpAround } from "#bytes/hexdump.ts";

const bytes = Uint8Array.from({ length: 70 }, (_, i) => i + 0x20);

test("a hexdump shows offset, bytes in two groups, and the printable characters", () => {
  expect(hexdump(Uint8Array.of(0x4d, 0x5a, 0, 0, 0x7a, 0x69, 0x6d, 0x67, 0x7f, 0x7e, 0x80, 0xff))).toEqual([
    "00000000  4d 5a 00 00 7a 69 6d 67  7f 7e 80 ff              |MZ..zimg.~..    |",
  ]);
});

test("a hexdump's lines begin at multiples of 16, with blanks outside of the range", () => {
  expect(hexdump(bytes, { offset: 14, length: 3 })).toEqual([
    "00000000                                             2e 2f  |              ./|",
    "00000010  30                                                |0               |",
  ]);
});

test("a hexdump leaves out what is not there", () => {
  expect(hexdump(new Uint8Array(0))).toEqual([]);
  expect(hexdump(bytes, { offset: 100, length: 16 })).toEqual([]);
  expect(hexdump(bytes, { offset: 64, length: 2 ** 40 })).toHaveLength(1);
});

test.each([
  [0, ["00000000", "00000010"]],
  [15, ["00000000", "00000010"]],
  [33, ["00000010", "00000020", "00000030"]],
  [69, ["00000030", "00000040"]],
])("the hexdump around offset %i has its line and the neighbours", (offset, starts) =>
  expect(hexdumpAround(bytes, offset).map((line) => line.slice(0, 8))).toEqual(starts),
);
