import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Inspection } from "#inspect/types.ts";
import { bootImage, bzImage } from "../kernel-image/images.ts";
import { encodeCertificate } from "../support/certificate.ts";
import { cliOk } from "../support/cli.ts";
import { buildElf, edited } from "../support/elf-builder.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { buildPe, type TestPeSection } from "../support/pe-builder.ts";
import { checksumByDefinition } from "../support/pe-checksum.ts";
import { arm64Image } from "../support/real-inputs.ts";

async function inspected(bytes: Uint8Array, ...options: string[]): Promise<Inspection> {
  const file = write(join(newFolder(), "file"), bytes);
  const { stdout } = await cliOk(["inspect", file, "--json", ...options], { cwd: newFolder() });
  return JSON.parse(stdout) as Inspection;
}

const section = (name: string, text: string): TestPeSection => ({ name, data: Buffer.from(text) });

/** Without a CheckSum, which buildPe makes up. */
function pe(sections: readonly TestPeSection[], certificate?: Uint8Array): Uint8Array {
  const built = buildPe(sections, certificate === undefined ? {} : { certificate });
  return edited(built.bytes, (view) => view.setUint32(built.optional + 0x40, 0, true));
}

const value = (found: Inspection, wanted: string) => found.fields.find(({ name }) => name === wanted)?.value;
const SIGNED = "signed: a change to the file, an added section too, invalidates the certificates";
const CERTIFICATE = encodeCertificate(Buffer.from("signature"));

describe("inspect says of a UKI", () => {
  test("whose each .cmdline is, and warns only where one counts and another does not", async () => {
    const [main, rescue] = [section(".profile", "ID=main"), section(".profile", "ID=rescue")];
    const cmdline = (text: string) => section(".cmdline", text);
    const good = [
      section(".linux", "kernel"),
      cmdline("base"),
      main,
      cmdline("zero"),
      rescue,
      cmdline("one"),
    ];
    const found = await inspected(pe(good));
    expect([".cmdline", ".cmdline @0", ".cmdline @1"].map((name) => value(found, name))).toEqual([
      "base",
      "zero",
      "one",
    ]);
    expect(found.warnings).toEqual([]);
    expect((await inspected(pe([...good, cmdline("two")]))).warnings).toEqual([
      "2 sections of profile @1 are called .cmdline: the first counts",
    ]);
  });

  test("that .dtbauto may repeat, and that no parser hands it on, nor .ucode", async () => {
    const parts = [section(".linux", "kernel"), section(".dtbauto", "a"), section(".dtbauto", "b")];
    expect((await inspected(pe(parts))).warnings).toEqual(["no parser hands on .dtbauto"]);
    const { warnings } = await inspected(pe([...parts, section(".ucode", "microcode")]));
    expect(warnings).toEqual(["no parser hands on .ucode, .dtbauto"]);
  });

  test("that its kernel's certificates are no longer at that one's end", async () => {
    const kernel = Buffer.from(pe([section(".text", "code")], CERTIFICATE));
    const uki = (data: Uint8Array) => inspected(pe([{ name: ".linux", data }]));
    expect((await uki(kernel)).warnings).toEqual([]);
    expect((await uki(Buffer.concat([kernel, Buffer.alloc(3)]))).warnings).toEqual([
      "the certificates of the kernel in .linux (section 0) are not at its end: 3 bytes follow",
    ]);
    expect((await uki(kernel.subarray(0, kernel.length - 8))).warnings).toEqual([
      expect.stringMatching(/^the PE headers in \.linux \(section 0\) do not decode: certificate table, /),
    ]);
  });

  test("that a lanzaboote stub is none", async () => {
    const found = await inspected(pe([section(".linux", "\\EFI\\k.efi"), section(".linuxh", "hash")]));
    expect(found.format).toBe("lanzaboote stub");
    expect(found.warnings).toEqual([
      "a lanzaboote stub: it names its kernel by path and hash (\\EFI\\k.efi) and carries none",
    ]);
  });
});

describe("inspect says of a PE file", () => {
  test("that its CheckSum is wrong, unless it is 0 or nothing is hashed", async () => {
    const built = buildPe([section(".linux", "kernel")]);
    const right = checksumByDefinition(
      Buffer.from(edited(built.bytes, (view) => view.setUint32(built.optional + 0x40, 0, true))),
    );
    const stating = (sum: number) =>
      edited(built.bytes, (view) => view.setUint32(built.optional + 0x40, sum, true));
    expect((await inspected(stating(right))).warnings).toEqual([]);
    expect((await inspected(stating(0))).warnings).toEqual([]);
    expect((await inspected(stating(right + 1))).warnings).toEqual([
      `CheckSum is 0x${(right + 1).toString(16)}, 0x${right.toString(16)} is right`,
    ]);
    expect((await inspected(stating(right + 1), "--no-hashes")).warnings).toEqual([]);
  });

  test("the long names of its sections", async () => {
    const built = buildPe([section(".linux", "kernel"), section("/4", "x")]);
    const strings = Buffer.from("\x11\0\0\0.vendor_cert\0");
    const bytes = edited(Buffer.concat([built.bytes, strings]), (view) => {
      view.setUint32(built.pe + 12, built.bytes.length, true);
      view.setUint32(built.optional + 0x40, 0, true);
    });
    const { parts } = await inspected(bytes);
    expect(parts.map(({ name }) => name)).toEqual(["headers", ".linux", ".vendor_cert", "COFF symbols"]);
  });

  test("that a section claims more than the file has, and goes on", async () => {
    const built = buildPe([section(".linux", "kernel")]);
    const bytes = edited(built.bytes, (view) => {
      view.setUint32(built.table + 0x10, 0x1000, true);
      view.setUint32(built.optional + 0x40, 0, true);
      view.setUint32(built.optional + 0x24, 0x20_0000, true);
    });
    const { format, warnings } = await inspected(bytes);
    expect({ format, warnings }).toEqual({
      format: "UKI",
      warnings: [
        "FileAlignment is 2097152, which the format does not allow",
        ".linux (section 0) claims 3584 bytes behind the end of the file",
        ".linux (section 0) is not aligned in the file",
      ],
    });
  });
});

describe("inspect says of other kernels", () => {
  test("that a bzImage is signed, as of any PE file", async () => {
    const plain = buildPe([section(".text", "code")], { certificate: CERTIFICATE });
    const image = Buffer.from(bzImage(gzipSync("kernel"), 6));
    // Headers where the setup sectors have room, certificates behind.
    plain.bytes.subarray(0x80, 0x1f0).forEach((byte, i) => {
      image[0x80 + i] = byte;
    });
    const at = Math.ceil(image.length / 8) * 8;
    const file = Buffer.concat([image, Buffer.alloc(at - image.length), CERTIFICATE]);
    file.writeUInt32LE(0x80, 0x3c);
    file.writeUInt16LE(1, plain.pe + 6);
    file.writeUInt32LE(at, plain.optional + 112 + 4 * 8);
    file.writeUInt32LE(0, plain.optional + 0x40);
    file.writeUInt32LE(0, plain.table + 0x10);
    const found = await inspected(file);
    expect({
      format: found.format,
      certificates: value(found, "certificates"),
      warnings: found.warnings,
    }).toEqual({
      format: "bzImage",
      certificates: 1,
      warnings: [SIGNED],
    });
    expect(found.parts.at(-1)).toMatchObject({ name: "certificates", offset: at, size: CERTIFICATE.length });
    expect(found.parts.find(({ name }) => name === "protected mode")).toMatchObject({ size: at - 1024 });
  });

  test("that Debian's arm64 Image is signed, and where the kernel ends", async () => {
    const { stdout } = await cliOk(["inspect", arm64Image(), "--json", "--no-hashes"], { cwd: newFolder() });
    const found = JSON.parse(stdout) as Inspection;
    expect(value(found, "certificates")).toBe(1);
    expect(found.warnings).toEqual([SIGNED]);
    const [, kernel, certificates] = found.parts;
    expect(certificates?.offset).toBe((kernel?.offset ?? 0) + (kernel?.size ?? 0));
  });

  test("that a bzImage carries an ELF file that is not compressed", async () => {
    const found = await inspected(bzImage(buildElf([], { type: 2, machine: 62 }).bytes, 0));
    expect(value(found, "compression")).toBe("none, an ELF file");
    expect(found.warnings).toEqual([]);
  });

  test.each([
    ["s390x kernel", Buffer.concat([Buffer.alloc(0x10008), Buffer.from("S390EP")])],
    ["zImage for 32-bit ARM", Buffer.from(`${"00".repeat(0x24)}18286f01${"00".repeat(64)}`, "hex")],
  ])("that it is one: %s", async (format, bytes) => {
    expect(await inspected(bytes)).toMatchObject({
      format,
      warnings: ["kernels for arm64, RISC-V, LoongArch and x86-64 are served"],
    });
  });
});

describe("inspect says of a compressed stream", () => {
  const stream = gzipSync(bootImage("arm64", Buffer.from("kernel")));

  test("how large its content is, and what stands behind it", async () => {
    const found = await inspected(Buffer.concat([stream, Buffer.from("d00dfeed", "hex")]));
    expect(value(found, "uncompressed size")).toBe(70);
    expect(found.warnings).toEqual(["4 bytes (a device tree) behind the gzip stream are no part of it"]);
    expect((await inspected(Buffer.concat([stream, stream]))).warnings).toEqual([]);
  });

  test("that it is damaged, unless nothing is hashed", async () => {
    const { warnings } = await inspected(stream.subarray(0, -3));
    expect(warnings).toEqual([expect.stringMatching(/^gzip compressed data, offset 0x/)]);
    expect((await inspected(stream.subarray(0, -3), "--no-hashes")).warnings).toEqual([]);
  });

  test("that begins with a skippable frame", async () => {
    const zstd = Buffer.from("502a4d180300000061626328b52ffd2000010000", "hex");
    expect(await inspected(zstd)).toMatchObject({ format: "zstd stream", warnings: [] });
  });
});
