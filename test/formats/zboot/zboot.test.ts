import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeZboot, isZboot } from "#formats/zboot/zboot.ts";
import { edited } from "../../support/elf-builder.ts";
import { buildZboot, payloadsOutside } from "../../support/zboot-builder.ts";

const PAYLOAD = Buffer.from("compressed kernel");
const good = buildZboot(PAYLOAD);
const size = good.length;

function failure(bytes: Uint8Array, base = 0): unknown {
  const result = decodeZboot(bytes, { base });
  return result.ok ? "ok" : [result.failure.section, result.failure.offset, result.failure.detail];
}

describe("a good zboot image", () => {
  test("is decoded, with exactly payload_size bytes as a view", () => {
    const result = decodeZboot(good);
    expect(result).toEqual({
      ok: true,
      value: {
        payload: new Uint8Array(PAYLOAD),
        payloadOffset: 0x80,
        payloadSize: PAYLOAD.length,
        compression: "zstd22",
        linuxPeMagic: true,
        peOffset: 0x40,
      },
    });
    if (result.ok) expect(result.value.payload.buffer).toBe(good.buffer);
    expect(isZboot(good)).toBe(true);
  });

  test("may be older than the Linux PE magic", () => {
    const bytes = edited(good, (view) => view.setUint32(0x38, 0, true));
    expect(decodeZboot(bytes)).toMatchObject({ ok: true, value: { linuxPeMagic: false } });
  });

  test("may have a compression name of 31 characters", () => {
    const compression = "c".repeat(31);
    expect(decodeZboot(buildZboot(PAYLOAD, { compression }))).toMatchObject({
      ok: true,
      value: { compression },
    });
  });

  test.each([1, 3])("may have a payload of %i bytes at the very end", (payloadSize) => {
    const bytes = buildZboot(PAYLOAD, { payloadSize, payloadOffset: size - payloadSize });
    expect(failure(bytes)).toBe("ok");
  });
});

describe("a hostile zboot image", () => {
  test("cut at any byte", () => {
    for (let length = 0; length < size; length++) {
      expect(failure(good.subarray(0, length)), `cut at ${length}`).not.toBe("ok");
    }
  });

  test("without MZ or zimg", () => {
    expect(failure(edited(good, (v) => v.setUint8(1, 0)))).toEqual(["DOS header", 0, "no MZ magic"]);
    expect(failure(edited(good, (v) => v.setUint8(7, 0)))).toEqual(["DOS header", 4, "no zimg magic"]);
    expect(isZboot(edited(good, (v) => v.setUint8(7, 0)))).toBe(false);
  });

  test("with an empty payload", () =>
    expect(failure(buildZboot(PAYLOAD, { payloadSize: 0 }))).toEqual(["DOS header", 0x0c, "empty payload"]));

  test.each(payloadsOutside(PAYLOAD.length))("with a payload %s", (_, payloadOffset, payloadSize) =>
    expect(failure(buildZboot(PAYLOAD, { payloadOffset, payloadSize }))).toEqual([
      "DOS header",
      0x08,
      `payload of ${payloadSize} bytes at ${payloadOffset} of a file of ${size}`,
    ]),
  );

  test("with a compression name that has no NUL in its 32 bytes", () =>
    expect(failure(buildZboot(PAYLOAD, { compression: "c".repeat(32) }), 100)).toEqual([
      "DOS header",
      100 + 0x18,
      "compression name without a terminating NUL",
    ]));
});

test("the zboot decoder is total on arbitrary headers", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, magic) => {
      if (magic) bytes.set(Buffer.from("MZ\0\0zimg").subarray(0, bytes.length));
      void decodeZboot(bytes);
    }),
  );
});
