import { describe, expect, test } from "vitest";
import { parseZboot } from "#reference-parsers/zboot.ts";
import { failureText } from "#report/failure-text.ts";
import { edited } from "../support/elf-builder.ts";
import { buildZboot, payloadsOutside } from "../support/zboot-builder.ts";
import { isRefusal, LIMITS, outcome } from "./outcome.ts";

const PAYLOAD = Buffer.from("compressed kernel");
const good = buildZboot(PAYLOAD);
const size = good.length;

const zboot = (image: Uint8Array, revision?: "v6" | "v7") => outcome(parseZboot, image, revision);

describe("a good zboot file", () => {
  test("becomes DECOMPRESS/KERNEL with exactly payload_size bytes, and in v7 DONE", () => {
    expect(zboot(good, "v6")).toEqual(["DECOMPRESS/KERNEL compressed kernel"]);
    expect(zboot(good, "v7")).toEqual(["DECOMPRESS/KERNEL compressed kernel", "DONE"]);
  });

  test("is known by MZ and zimg alone: neither compression name nor Linux PE magic count", () => {
    const bare = edited(good, (view, copy) => {
      copy.fill(0xaa, 0x10, 0x40);
      view.setUint16(2, 0xffff, true);
    });
    expect(zboot(bare, "v6")).toEqual(["DECOMPRESS/KERNEL compressed kernel"]);
  });

  test("may have its payload overlap the header", () => {
    const image = buildZboot(PAYLOAD, { payloadOffset: 4, payloadSize: 4 });
    expect(zboot(image, "v6")).toEqual(["DECOMPRESS/KERNEL zimg"]);
    const whole = buildZboot(PAYLOAD, { payloadOffset: 0, payloadSize: size });
    expect(zboot(whole, "v6")[0]).toHaveLength("DECOMPRESS/KERNEL ".length + size);
  });

  test.each([1, 3])("may have a payload of %i bytes at the very end", (payloadSize) => {
    const image = buildZboot(PAYLOAD, { payloadSize, payloadOffset: size - payloadSize });
    expect(zboot(image)[0]).toBe(`DECOMPRESS/KERNEL ${"kernel".slice(-payloadSize)}`);
  });

  test("may be nothing but its header", () => {
    const image = buildZboot(PAYLOAD, { payloadOffset: 0, payloadSize: 2 }).subarray(0, 64);
    expect(zboot(image, "v6")).toEqual(["DECOMPRESS/KERNEL MZ"]);
  });

  test("may fill its record to the last byte", () => {
    const image = buildZboot(new Uint8Array(LIMITS.kernel).fill(0x6b));
    expect(zboot(image)).toEqual([`DECOMPRESS/KERNEL ${"k".repeat(LIMITS.kernel)}`, "DONE"]);
  });
});

describe("a hostile zboot file", () => {
  test("cut at any byte", () => {
    for (let length = 0; length < size; length++) {
      expect(isRefusal(zboot(good.subarray(0, length))), `cut at ${length}`).toBe(true);
    }
    expect(zboot(good.subarray(0, 63))).toEqual(["malformed", "DOS header", 0, "64 bytes wanted, 63 left"]);
    expect(zboot(good.subarray(0, size - 1))).toEqual([
      "malformed",
      "DOS header",
      8,
      `17 bytes at 128 of ${size - 1}`,
    ]);
  });

  test("without MZ or zimg", () => {
    const broken = (at: number) => zboot(edited(good, (view) => view.setUint8(at, 0)));
    for (const at of [0, 1]) expect(broken(at)).toEqual(["malformed", "DOS header", 0, "no MZ magic"]);
    for (const at of [4, 5, 6, 7]) {
      expect(broken(at)).toEqual(["malformed", "DOS header", 4, "no zimg magic"]);
    }
  });

  test("with an empty payload", () =>
    expect(zboot(buildZboot(PAYLOAD, { payloadSize: 0 }))).toEqual([
      "malformed",
      "DOS header",
      0x0c,
      "empty payload",
    ]));

  test.each(payloadsOutside(PAYLOAD.length))("with a payload %s", (_, payloadOffset, payloadSize) =>
    expect(zboot(buildZboot(PAYLOAD, { payloadOffset, payloadSize }))).toEqual([
      "malformed",
      "DOS header",
      0x08,
      `${payloadSize} bytes at ${payloadOffset} of ${size}`,
    ]),
  );

  test("with a payload larger than its record", () =>
    expect(zboot(buildZboot(new Uint8Array(LIMITS.kernel + 1)))).toEqual([
      "size-exceeded",
      "DOS header",
      0x0c,
      "kernel for its record: 4097 > 4096",
    ]));

  test("with a payload larger than its record, in words", () => {
    const image = buildZboot(new Uint8Array(LIMITS.kernel + 1));
    const result = parseZboot({ image, limits: LIMITS, revision: "v7" });
    expect(result.ok ? "ok" : failureText(result.failure)).toBe(
      "DOS header, offset 0xc: kernel for its record: 4097 bytes, at most 4096 are possible",
    );
  });

  test("that is an ELF file, in v6", () =>
    expect(
      zboot(
        edited(good, (_, copy) => copy.set([0x7f, 0x45, 0x4c, 0x46])),
        "v6",
      ),
    ).toEqual(["malformed", "DOS header", 0, "no MZ magic"]));
});
