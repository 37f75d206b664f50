import fc from "fast-check";
import { expect, test } from "vitest";
import { buildIdOf } from "#formats/elf/build-id.ts";

/** namesz, descsz, type; name and description padded to four bytes. `desc` is hexadecimal. */
const note = (name: string, type: number, desc: string, littleEndian = true): Buffer => {
  const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const [nameBytes, descBytes] = [Buffer.from(name, "latin1"), Buffer.from(desc, "hex")];
  const head = Buffer.alloc(12);
  for (const [i, value] of [nameBytes.length, descBytes.length, type].entries()) {
    if (littleEndian) head.writeUInt32LE(value, i * 4);
    else head.writeUInt32BE(value, i * 4);
  }
  return Buffer.concat([head, pad(nameBytes), pad(descBytes)]);
};

test("it is found among other notes, in either byte order", () => {
  for (const littleEndian of [true, false]) {
    const notes = [
      note("Linux\0", 0x100, "00"),
      note("GNU\0", 1, "11111111", littleEndian),
      note("Xen\0", 3, "22", littleEndian),
      note("GNU\0", 3, "abcdef", littleEndian),
    ].slice(littleEndian ? 0 : 1);
    expect(buildIdOf(Buffer.concat(notes), { littleEndian })).toEqual({ ok: true, value: "abcdef" });
  }
});

test("there may be none", () => {
  const options = { littleEndian: true };
  expect(buildIdOf(new Uint8Array(), options)).toEqual({ ok: true, value: undefined });
  expect(buildIdOf(note("GNU\0", 1, "00"), options)).toEqual({ ok: true, value: undefined });
});

test.each([
  ["0400000003000000", 8, "4 bytes wanted, 0 left"],
  ["040000000300000003000000474e5500abcd", 16, "3 bytes wanted, 2 left"],
  ["ffffffff0300000003000000474e5500abcdef00", 12, "4294967295 bytes wanted, 8 left"],
])("notes %s are malformed at %i", (hex, offset, detail) => {
  expect(buildIdOf(Buffer.from(hex, "hex"), { littleEndian: true })).toMatchObject({
    ok: false,
    failure: { reason: "malformed", format: "ELF", section: "notes", offset, detail },
  });
});

test("any bytes give a Result", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void buildIdOf(bytes, { littleEndian: true })));
});
