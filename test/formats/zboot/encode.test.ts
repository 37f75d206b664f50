import { describe, expect, test } from "vitest";
import { codecForZboot, decompress } from "#formats/compression/codecs.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { encodeZboot } from "#formats/zboot/encode.ts";
import { decodeZboot } from "#formats/zboot/zboot.ts";
import { expectValue } from "../../support/expect-value.ts";
import { machineCode } from "../../support/machine-code.ts";
import { judgedBy, llvmTool, output, withFile } from "../../support/tools.ts";
import { encodeZbootImage } from "../../support/zboot-image.ts";

/** Some megabytes of machine code stand for a kernel. */
const IMAGE = machineCode((1 << 20) + 12_345);
const PAYLOAD = Buffer.from("a compressed kernel");
const READOBJ = llvmTool("llvm-readobj");
const MC = llvmTool("llvm-mc");
const ARCHES = ["arm64", "riscv", "loongarch"] as const;

const COMPRESSIONS = [
  ["gzip", "gzip", ["-dc"]],
  ["lz4", "lz4", ["-dc"]],
  ["lzma", "xz", ["-dc", "--format=lzma"]],
  ["lzo", "lzop", ["-dc"]],
  ["xzkern", "xz", ["-dc", "--format=xz"]],
  ["zstd", "zstd", ["-dc"]],
  ["zstd22", "zstd", ["-dc"]],
] as const;

async function wrapped(compression: string): Promise<Uint8Array> {
  return expectValue(await encodeZbootImage({ arch: "arm64", compression, image: IMAGE }));
}

describe.each(COMPRESSIONS)("an Image wrapped under %s", (compression, tool, args) => {
  test("has in its DOS header the place, size and name of the payload", async () => {
    const bytes = await wrapped(compression);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const [offset, size] = [view.getUint32(0x08, true), view.getUint32(0x0c, true)];
    expect(Buffer.from(bytes.subarray(0, 8)).toString("latin1")).toBe("MZ\0\0zimg");
    expect(Buffer.from(bytes.subarray(0x18, 0x38)).toString("latin1").replace(/\0+$/, "")).toBe(compression);
    expect(view.getUint32(0x38, true)).toBe(0x818223cd);
    // Behind every stream but gzip's stands the size of the Image, which payload_size leaves out.
    const behind = view.getUint32(offset + size, true);
    if (compression === "gzip") expect(view.getUint32(offset + size - 4, true)).toBe(IMAGE.length);
    else expect(behind).toBe(IMAGE.length);
  });

  test("comes back by our own decoders, from exactly payload_size bytes", async () => {
    const zboot = expectValue(decodeZboot(await wrapped(compression)));
    const codec = codecForZboot(compression);
    if (codec === undefined) throw new Error("expected a zboot image");
    expect(zboot).toMatchObject({ compression, linuxPeMagic: true });
    const image = await decompress(codec, zboot.payload);
    expect(image.ok && [image.value.trailing, Buffer.compare(image.value.bytes, IMAGE)]).toEqual([0, 0]);
  });

  judgedBy([tool], `judged by ${tool}`, () => {
    test("comes back from the bytes that the header names", async () => {
      const bytes = await wrapped(compression);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const offset = view.getUint32(0x08, true);
      const payload = bytes.subarray(offset, offset + view.getUint32(0x0c, true));
      expect(Buffer.compare(output(tool, args, payload), IMAGE)).toBe(0);
    });
  });
});

describe("the zboot encoder", () => {
  test.each(ARCHES)("keeps the payload inside .text for %s, as current kernel builds do", (arch) => {
    const bytes = encodeZboot({ arch, compression: "zstd22", payload: PAYLOAD, uncompressedSize: 99 });
    const [pe, zboot] = [expectValue(decodePe(bytes)), expectValue(decodeZboot(bytes))];
    const text = pe.sections[0];
    if (text === undefined) throw new Error("expected .text");
    expect(pe.sections.map(({ name }) => name)).toEqual([".text", ".data"]);
    expect(zboot.payloadOffset).toBeGreaterThan(text.pointerToRawData);
    expect(zboot.payloadOffset + PAYLOAD.length + 4).toBe(text.pointerToRawData + text.virtualSize);
    expect(zboot.peOffset).toBe(pe.signatureOffset);
  });

  test("appends no size to gzip, whose stream ends with its own", () => {
    const bytes = encodeZboot({
      arch: "arm64",
      compression: "gzip",
      payload: PAYLOAD,
      uncompressedSize: 0xaabb,
    });
    const [pe, zboot] = [expectValue(decodePe(bytes)), expectValue(decodeZboot(bytes))];
    const text = pe.sections[0];
    expect(zboot.payloadOffset + PAYLOAD.length).toBe(
      (text?.pointerToRawData ?? 0) + (text?.virtualSize ?? 0),
    );
  });

  test("leaves out the magic of Linux 6.2, and the appended size, where told to", () => {
    const old = encodeZboot({
      arch: "arm64",
      compression: "lzma",
      payload: PAYLOAD,
      uncompressedSize: undefined,
      linuxPeMagic: false,
    });
    expect(decodeZboot(old)).toMatchObject({ ok: true, value: { linuxPeMagic: false } });
    const offset = new DataView(old.buffer).getUint32(8, true);
    expect([...old.subarray(offset + PAYLOAD.length, offset + PAYLOAD.length + 4)]).toEqual([0, 0, 0, 0]);
  });

  test.each(["", "c".repeat(32)])("refuses the compression name %j", (compression) => {
    const input = { arch: "arm64", compression, payload: PAYLOAD, uncompressedSize: 1 } as const;
    expect(() => encodeZboot(input)).toThrow(RangeError);
  });

  test("refuses an empty payload, and a compression that no zboot header names", async () => {
    const input = { arch: "arm64", compression: "gzip", uncompressedSize: 1 } as const;
    expect(() => encodeZboot({ ...input, payload: new Uint8Array(0) })).toThrow("an empty payload");
    for (const compression of ["bzip2", "none", ""]) {
      expect(await encodeZbootImage({ arch: "arm64", compression, image: IMAGE })).toMatchObject({
        ok: false,
        failure: { reason: "unsupported" },
      });
    }
  });
});

judgedBy([READOBJ], "a zboot image, judged by llvm-readobj,", () => {
  test.each([
    ["arm64", /Machine: IMAGE_FILE_MACHINE_ARM64 /],
    ["riscv", /Machine: .*0x5064/],
    ["loongarch", /Machine: .*0x6264/],
  ] as const)("is an EFI application for %s with .text and .data", (arch, machine) => {
    const bytes = encodeZboot({ arch, compression: "gzip", payload: PAYLOAD, uncompressedSize: 99 });
    const args = ["--file-headers", "--sections"];
    const text = withFile(bytes, (path) => output(READOBJ, [...args, path]).toString());
    expect(text).toMatch(machine);
    expect(text).toMatch(/Magic: 0x20B\n/);
    expect(text).toMatch(/Subsystem: IMAGE_SUBSYSTEM_EFI_APPLICATION /);
    expect(text).toMatch(/SectionCount: 2\n/);
    expect(text).toMatch(/AddressOfEntryPoint: 0x1000\n/);
    expect([...text.matchAll(/^ +Name: (\.\w+)/gm)].map(([, name]) => name)).toEqual([".text", ".data"]);
    expect(text).toMatch(/IMAGE_SCN_MEM_EXECUTE/);
  });
});

judgedBy([MC], "the code that a zboot image starts with, judged by llvm-mc,", () => {
  test.each([
    ["arm64", "aarch64", "mov x0, #3 movk x0, #32768, lsl #48 ret"],
    ["riscv", "riscv64", "li a0, -1 slli a0, a0, 63 addi a0, a0, 3 ret"],
  ] as const)("returns EFI_UNSUPPORTED on %s", (arch, triple, wanted) => {
    const bytes = encodeZboot({ arch, compression: "gzip", payload: PAYLOAD, uncompressedSize: 99 });
    const stub = Buffer.from(bytes.subarray(0x200, 0x200 + (arch === "arm64" ? 12 : 16)));
    const hex = [...stub].map((byte) => `0x${byte.toString(16)}`).join(" ");
    const code = output(MC, ["--disassemble", `--triple=${triple}`], Buffer.from(hex)).toString();
    const words = code
      .replace(/^\s*\.text\n/, "")
      .replace(/\/\/.*|#0x.*/g, "")
      .replace(/\s+/g, " ")
      .trim();
    expect(words).toBe(wanted);
  });
});

judgedBy(["file"], "a zboot image, judged by file(1),", () => {
  test("is a PE32+ EFI application for Aarch64", () => {
    const bytes = encodeZboot({ arch: "arm64", compression: "gzip", payload: PAYLOAD, uncompressedSize: 99 });
    const words = withFile(bytes, (path) => output("file", ["-b", path]).toString());
    // In the words of file 5.44 and of 5.46.
    expect(words).toMatch(/PE32\+ executable (\(EFI application\) Aarch64|for EFI \(application\), ARM64)/);
  });
});
