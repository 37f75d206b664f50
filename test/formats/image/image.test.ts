import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeImage } from "#formats/image/image.ts";
import { buildZboot } from "../../support/zboot-builder.ts";

function header(fields: {
  at8?: bigint;
  at16?: bigint;
  at24?: bigint;
  at32?: number;
  magic: number;
  mz?: boolean;
}) {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  if (fields.mz === true) bytes.set(Buffer.from("MZ"));
  view.setBigUint64(8, fields.at8 ?? 0n, true);
  view.setBigUint64(16, fields.at16 ?? 0n, true);
  view.setBigUint64(24, fields.at24 ?? 0n, true);
  view.setUint32(32, fields.at32 ?? 0, true);
  view.setUint32(0x38, fields.magic, true);
  view.setUint32(0x3c, 0x40, true);
  return bytes;
}

const ARM64 = 0x644d5241;
const RISCV = 0x05435352;
const LINUX_PE = 0x818223cd;

describe("a good Image header", () => {
  test("of arm64: 4 KiB pages, placed anywhere", () => {
    expect(decodeImage(header({ at16: 0x1ab_0000n, at24: 0xan, magic: ARM64 }))).toEqual({
      ok: true,
      value: {
        arch: "arm64",
        textOffset: 0n,
        imageSize: 0x1ab_0000n,
        bigEndian: false,
        pageSize: 4096,
        anywhere: true,
        peOffset: 0x40,
      },
    });
  });

  test("of arm64: big-endian, 64 KiB pages", () => {
    const bytes = header({ at8: 0x10000n, at16: 1n, at24: 7n, magic: ARM64 });
    expect(decodeImage(bytes)).toMatchObject({
      ok: true,
      value: { textOffset: 0x10000n, bigEndian: true, pageSize: 65536, anywhere: false },
    });
  });

  test("of arm64 before 3.17: without image_size, the text offset is 0x80000 whatever the field says", () => {
    const bytes = header({ at8: 0x1234n, at16: 0n, magic: ARM64 });
    expect(decodeImage(bytes)).toMatchObject({
      ok: true,
      value: { textOffset: 0x80000n, imageSize: 0n, pageSize: undefined },
    });
  });

  test("of RISC-V", () => {
    const bytes = header({ at8: 0x20_0000n, at16: 0x1ab_0000n, at32: 2, magic: RISCV, mz: true });
    expect(decodeImage(bytes)).toEqual({
      ok: true,
      value: {
        arch: "riscv",
        textOffset: 0x20_0000n,
        imageSize: 0x1ab_0000n,
        bigEndian: false,
        version: 2,
        peOffset: 0x40,
      },
    });
  });

  test("of LoongArch", () => {
    const bytes = header({
      at8: 0x9000_0000_0100_0000n,
      at16: 5n,
      at24: 0x20_0000n,
      magic: LINUX_PE,
      mz: true,
    });
    expect(decodeImage(bytes)).toEqual({
      ok: true,
      value: {
        arch: "loongarch",
        entry: 0x9000_0000_0100_0000n,
        imageSize: 5n,
        loadOffset: 0x20_0000n,
        peOffset: 0x40,
      },
    });
  });
});

describe("a hostile Image header", () => {
  const failure = (bytes: Uint8Array) => {
    const result = decodeImage(bytes, { base: 1000 });
    return result.ok ? "ok" : [result.failure.section, result.failure.offset, result.failure.detail];
  };

  test("cut at any byte", () => {
    const good = header({ magic: ARM64 });
    for (let length = 0; length < 64; length++) expect(failure(good.subarray(0, length))).not.toBe("ok");
  });

  test("with another magic", () =>
    expect(failure(header({ magic: 0 }))).toEqual([
      "header",
      1056,
      "no magic of an arm64, RISC-V or LoongArch image",
    ]));

  test("with LoongArch's magic but no MZ", () =>
    expect(failure(header({ magic: LINUX_PE }))).toEqual([
      "header",
      1056,
      "no magic of an arm64, RISC-V or LoongArch image",
    ]));

  test("that is a zboot image", () =>
    expect(failure(buildZboot(Uint8Array.of(1)))).toEqual([
      "header",
      1004,
      "a zboot image, not the kernel image inside",
    ]));

  test("the decoder is total on arbitrary bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodeImage(bytes)));
  });
});
