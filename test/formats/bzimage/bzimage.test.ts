import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBzImage, isBzImage } from "#formats/bzimage/bzimage.ts";
import { edited } from "../../support/elf-builder.ts";

const STREAM = Buffer.from("\x28\xb5\x2f\xfdzstd data", "latin1");

/** setup_sects 1 (two sectors), the payload 16 bytes into the protected-mode part. */
function bzImage(payload: Uint8Array, setupSectors = 1): Uint8Array {
  const start = ((setupSectors || 4) + 1) * 512 + 16;
  const bytes = new Uint8Array(start + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0x1f1, setupSectors);
  view.setUint16(0x1fe, 0xaa55, true);
  bytes.set(Buffer.from("HdrS"), 0x202);
  view.setUint16(0x206, 0x020f, true);
  view.setUint16(0x20e, 0x100, true);
  bytes.set(Buffer.from("7.1.0-test (builder) #1\0"), 0x300);
  view.setUint32(0x248, 16, true);
  view.setUint32(0x24c, payload.length, true);
  bytes.set(payload, start);
  return bytes;
}

const SIZE = Uint8Array.of(0x10, 0x20, 0x30, 0x01);
const good = bzImage(Buffer.concat([STREAM, SIZE]));

function failure(bytes: Uint8Array): unknown {
  const result = decodeBzImage(bytes, { base: 100 });
  if (result.ok) return "ok";
  const { failure: f } = result;
  return f.reason === "malformed" ? [f.section, f.offset, f.detail] : [f.reason, f.detail];
}

describe("a good bzImage", () => {
  test("gives the stream without the appended size, and the size", () => {
    expect(decodeBzImage(good)).toEqual({
      ok: true,
      value: {
        version: 0x20f,
        setupSectors: 1,
        payload: new Uint8Array(STREAM),
        payloadOffset: 2 * 512 + 16,
        uncompressedSize: 0x01302010,
        kernelVersion: "7.1.0-test (builder) #1",
      },
    });
    expect(isBzImage(good)).toBe(true);
  });

  test("with a gzip stream gives all of it: its last four bytes are its own", () => {
    const gzip = Buffer.from("\x1f\x8b gzip data and ISIZE", "latin1");
    expect(decodeBzImage(bzImage(gzip))).toMatchObject({
      ok: true,
      value: { payload: new Uint8Array(gzip), uncompressedSize: undefined },
    });
  });

  test("with setup_sects 0 has four", () => {
    expect(decodeBzImage(bzImage(STREAM, 0))).toMatchObject({
      ok: true,
      value: { setupSectors: 4, payloadOffset: 5 * 512 + 16 },
    });
  });

  test.each([
    ["0", 0],
    ["beyond the setup sectors", 0xfff0],
  ])("with a kernel_version pointer of %s has no version", (_, pointer) => {
    const bytes = edited(good, (v) => v.setUint16(0x20e, pointer, true));
    expect(decodeBzImage(bytes)).toMatchObject({ ok: true, value: { kernelVersion: undefined } });
  });
});

describe("a hostile bzImage", () => {
  test("cut at any byte", () => {
    for (let length = 0; length < good.length; length++) {
      expect(failure(good.subarray(0, length)), `cut at ${length}`).not.toBe("ok");
    }
  });

  test("without the boot sector signature or HdrS", () => {
    expect(failure(edited(good, (v) => v.setUint8(0x1fe, 0)))).toEqual([
      "setup header",
      100 + 0x1fe,
      "no boot sector signature",
    ]);
    expect(failure(edited(good, (v) => v.setUint8(0x202, 0)))).toEqual([
      "setup header",
      100 + 0x202,
      "no HdrS magic",
    ]);
  });

  test("of boot protocol 2.07", () =>
    expect(failure(edited(good, (v) => v.setUint16(0x206, 0x0207, true)))).toEqual([
      "unsupported",
      "boot protocol 2.07, the payload is described since 2.08",
    ]));

  test.each([
    ["one byte past the end", 17, 17],
    ["at UINT_MAX", 0xffff_ffff, 8],
    ["of INT_MAX", 16, 0x7fff_ffff],
    ["of UINT_MAX", 16, 0xffff_ffff],
    ["whose end wraps in 32 bits", 0xffff_fff0, 0x20],
  ])("with a payload %s", (_, offset, length) => {
    const bytes = edited(good, (v) => {
      v.setUint32(0x248, offset, true);
      v.setUint32(0x24c, length, true);
    });
    expect(failure(bytes)).toEqual([
      "setup header",
      100 + 0x248,
      `payload of ${length} bytes at ${1024 + offset} of a file of ${good.length}`,
    ]);
  });

  test.each([0, 1, 3])("with a payload of %i bytes, too short for its appended size", (length) =>
    expect(failure(edited(good, (v) => v.setUint32(0x24c, length, true)))).toEqual([
      "setup header",
      100 + 0x24c,
      `payload of ${length} bytes`,
    ]),
  );

  test("the decoder is total on a good file with arbitrary bytes of its header changed", () => {
    const change = fc.tuple(fc.integer({ min: 0x1f0, max: 0x250 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        void decodeBzImage(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
