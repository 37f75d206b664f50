import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeBzImage } from "#formats/bzimage/bzimage.ts";
import { decompress, detectCodec } from "#formats/compression/codecs.ts";
import { readKernelBtf } from "#kernel-image/kernel-btf.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { buildElf, edited } from "../support/elf-builder.ts";
import { expectValue } from "../support/expect-value.ts";
import { buildPe } from "../support/pe-builder.ts";
import { amd64Kernel, arm64Image, loong64Zboot } from "../support/real-inputs.ts";
import { buildZboot } from "../support/zboot-builder.ts";
import { temporaryFolder } from "../toolchain/temporary-folder.ts";
import { bootImage, bzImage } from "./images.ts";

function kernelsBtf(littleEndian = true): Uint8Array {
  const b = new BtfBuilder({ littleEndian });
  b.struct("task_struct", 0, []);
  b.typedef("pid_t", b.int("int", 4, 1));
  return b.build();
}

const BTF = kernelsBtf();
const noise = (length: number): Buffer => Buffer.alloc(length, 0xa5);
const inside = Buffer.concat([noise(100), BTF, noise(100)]);
const vmlinux = buildElf([
  { name: ".text", data: noise(50) },
  { name: ".BTF", data: BTF, flags: 2 },
]).bytes;
const zstd = (bytes: Uint8Array): Buffer => execFileSync("zstd", ["-q", "-c"], { input: bytes });

/** Whether exactly `BTF` was found, and by which steps; or the failure, its file checked. */
async function found(bytes: Uint8Array, btf = BTF): Promise<unknown> {
  const path = join(await temporaryFolder(), "kernel");
  await writeFile(path, bytes);
  const read = await readKernelBtf(path);
  if (read.ok) return Buffer.from(btf).equals(read.value.bytes) ? read.value.steps : "other bytes";
  expect(read.failure).toMatchObject({ file: path });
  const { file, ...failure } = read.failure as { file: string };
  return failure;
}

const WITHOUT_BYTES = "its section has no bytes in this file, as where debug information was split off";

const noBtf = (looked: string, why = "is the kernel built with CONFIG_DEBUG_INFO_BTF?") => ({
  reason: "malformed",
  format: "kernel",
  section: ".BTF",
  offset: 0,
  detail: `no BTF${looked}: ${why}`,
});

/** BTF that continues a kernel's, as a module has it. */
function splitBtf(): Uint8Array {
  const base = new BtfBuilder();
  const int = base.int("int", 4, 1);
  const split = new BtfBuilder({ base });
  split.struct("own", 4, [{ name: "member", type: int, at: 0 }]);
  return split.build();
}

/** What is at 0x10008 in every s390x image. */
function s390Image(): Uint8Array {
  const image = new Uint8Array(0x20000);
  image.set(Buffer.from("S390EP"), 0x10008);
  return image;
}

describe("BTF is found", () => {
  test.each<[string, Uint8Array, string[]]>([
    ["as it is", BTF, ["raw BTF"]],
    ["in an ELF file", vmlinux, ["ELF .BTF"]],
    ["in a compressed ELF file", gzipSync(vmlinux), ["gzip", "ELF .BTF"]],
    ["in a plain Image", bootImage("arm64", inside), ["BTF at offset 164"]],
    ["in a compressed Image", gzipSync(bootImage("arm64", inside)), ["gzip", "BTF at offset 164"]],
    [
      "in a zboot image",
      buildZboot(zstd(bootImage("loongarch", inside))),
      ["zboot (zstd22)", "BTF at offset 164"],
    ],
    [
      "in a zboot image whose compression only its stream tells",
      buildZboot(gzipSync(bootImage("riscv", inside)), { compression: "new" }),
      ["zboot (new)", "BTF at offset 164"],
    ],
    ["in a bzImage", bzImage(zstd(vmlinux), vmlinux.length), ["bzImage (zstd)", "ELF .BTF"]],
    [
      "in a UKI of a bzImage",
      buildPe([{ name: ".linux", data: bzImage(zstd(vmlinux), vmlinux.length) }]).bytes,
      ["UKI", "bzImage (zstd)", "ELF .BTF"],
    ],
    [
      "in a UKI of a zboot image",
      buildPe([{ name: ".linux", data: buildZboot(zstd(bootImage("arm64", inside))) }]).bytes,
      ["UKI", "zboot (zstd22)", "BTF at offset 164"],
    ],
    ["amid bytes of any kind", Buffer.concat([noise(7), BTF]), ["BTF at offset 7"]],
  ])("%s", async (_, bytes, steps) => expect(await found(bytes)).toEqual(steps));

  test("as it is, in the other byte order", async () =>
    expect(await found(kernelsBtf(false), kernelsBtf(false))).toEqual(["raw BTF"]));
});

describe("no BTF is found", () => {
  test.each<[string, Uint8Array, string]>([
    ["in an ELF file without .BTF", buildElf([{ name: ".BTF_ids", data: BTF }]).bytes, ""],
    ["in an Image without", bootImage("arm64", noise(100)), ""],
    [
      "in a zboot image of one",
      buildZboot(zstd(bootImage("arm64", noise(9)))),
      " (looked into: zboot (zstd22))",
    ],
    ["in an empty file", new Uint8Array(0), ""],
    ["in what is no kernel", Buffer.from("#!/bin/sh\n".repeat(99)), ""],
  ])("%s, which is said with the file's name", async (_, bytes, looked) =>
    expect(await found(bytes)).toEqual(noBtf(looked)),
  );

  test.each<[string, Uint8Array, string]>([
    ["an ELF file", buildElf([{ name: ".BTF", type: 8, size: 100n }]).bytes, ""],
    [
      "a bzImage of such a file",
      bzImage(zstd(buildElf([{ name: ".BTF", type: 8, size: 100n }]).bytes), 1),
      " (looked into: bzImage (zstd))",
    ],
  ])("in %s with .BTF in name only, which is said", async (_, bytes, looked) =>
    expect(await found(bytes)).toEqual(noBtf(looked, WITHOUT_BYTES)),
  );

  test.each<[string, Uint8Array, string]>([
    ["a module's raw BTF", splitBtf(), "a module's BTF"],
    ["a module", buildElf([{ name: ".BTF", data: splitBtf() }]).bytes, "a module's BTF"],
    ["a BPF object", edited(vmlinux, (view) => view.setUint16(0x12, 247, true)), "a BPF object"],
    ["an s390x image", s390Image(), "an s390x kernel"],
  ])("in %s, which is said", async (_, bytes, what) =>
    expect(await found(bytes)).toMatchObject({ reason: "unsupported", what }),
  );

  test("in an ELF file of debug information only, which objcopy left the section's header", async () => {
    const folder = await temporaryFolder();
    const [whole, debug] = [join(folder, "vmlinux"), join(folder, "vmlinux.debug")];
    await writeFile(
      whole,
      edited(vmlinux, (view) => view.setUint16(0x12, 62, true)),
    );
    execFileSync("objcopy", ["--only-keep-debug", whole, debug]);
    expect(await readKernelBtf(debug)).toEqual({
      ok: false,
      failure: { ...noBtf("", WITHOUT_BYTES), file: debug },
    });
  });

  test("in a truncated ELF file, whose failure names the section and the offset", async () =>
    expect(await found(vmlinux.subarray(0, 200))).toMatchObject({
      format: "ELF",
      section: "file header",
      offset: 0x28,
    }));

  test("in a truncated stream, whose failure names its format", async () => {
    const cut = zstd(bootImage("arm64", inside));
    expect(await found(cut.subarray(0, cut.length - 5))).toMatchObject({
      reason: "malformed",
      format: "zstd",
    });
  });

  test("in a bzImage whose payload is not inside, whose failure names the place", async () =>
    expect(await found(bzImage(zstd(vmlinux), 1).subarray(0, 1100))).toMatchObject({
      format: "bzImage",
      section: "setup header",
      offset: 0x248,
    }));

  test("in a folder, or where nothing is", async () => {
    const folder = await temporaryFolder();
    const failed = { reason: "file-failed", operation: "read" };
    const none = join(folder, "none");
    expect(await readKernelBtf(folder)).toMatchObject({ ok: false, failure: { what: "reading a folder" } });
    expect(await readKernelBtf(none)).toEqual({
      ok: false,
      failure: { ...failed, file: none, code: "ENOENT" },
    });
  });
});

describe("the kernel's identity", () => {
  const identity = async (bytes: Uint8Array) => {
    const path = join(await temporaryFolder(), "kernel");
    await writeFile(path, bytes);
    const read = await readKernelBtf(path);
    return read.ok ? read.value.identity : read.failure;
  };
  /** namesz 4, descsz 3, type 3 (NT_GNU_BUILD_ID), "GNU", three bytes and the padding. */
  const notes = Buffer.from("040000000300000003000000474e5500abcdef00", "hex");
  const rodata = Buffer.from("\0%s version %s\0Linux version 6.9.0-test (a@b) #1\0");
  const elf = (...more: readonly { name: string; data: Uint8Array }[]) =>
    buildElf([{ name: ".BTF", data: BTF, flags: 2 }, ...more]).bytes;

  test("is the banner in .rodata and the build ID in .notes", async () => {
    const both = elf({ name: ".notes", data: notes }, { name: ".rodata", data: rodata });
    const expected = { release: "6.9.0-test", buildId: "abcdef" };
    expect(await identity(both)).toEqual(expected);
    expect(await identity(gzipSync(both))).toEqual(expected);
    expect(await identity(elf({ name: ".notes", data: notes }))).toEqual({ buildId: "abcdef" });
  });

  test("of notes that are no notes has no build ID, which is no reason not to build", async () => {
    const broken = elf({ name: ".notes", data: notes.subarray(0, -2) }, { name: ".rodata", data: rodata });
    expect(await identity(broken)).toEqual({ release: "6.9.0-test" });
  });

  test("of an Image is its banner alone; raw BTF has none", async () => {
    const image = bootImage("arm64", Buffer.concat([rodata, inside]));
    expect(await identity(image)).toEqual({ release: "6.9.0-test" });
    expect(await identity(BTF)).toEqual({});
  });
});

describe("real kernels", () => {
  test("Debian's amd64 bzImage has the build ID that readelf shows, and the release of its name", async () => {
    const { bzImage: image } = amd64Kernel();
    const { payload } = expectValue(decodeBzImage(readFileSync(image)));
    const codec = detectCodec(payload);
    if (codec === undefined) throw new Error("expected a bzImage");
    const inner = expectValue(await decompress(codec, payload, {}));
    const elf = join(await temporaryFolder(), "vmlinux");
    await writeFile(elf, inner.bytes);
    const buildId = /Build ID: (\w+)/.exec(execFileSync("readelf", ["-n", elf], { encoding: "utf8" }))?.[1];
    const expected = { release: basename(image).replace("vmlinuz-", ""), buildId };
    expect(buildId).toMatch(/^[0-9a-f]{40}$/);
    for (const path of [image, elf]) {
      const read = await readKernelBtf(path);
      expect(read.ok && read.value.identity).toEqual(expected);
    }
  });

  test("Debian's amd64 bzImage has the BTF of its headers' vmlinux, byte for byte, as objcopy has it", async () => {
    const { bzImage: image, vmlinux: elf } = amd64Kernel();
    const folder = await temporaryFolder();
    const section = join(folder, "btf");
    execFileSync("objcopy", ["--dump-section", `.BTF=${section}`, elf, join(folder, "copy")]);
    const expected = readFileSync(section);
    expect(expected.length).toBeGreaterThan(2 ** 20);
    for (const [path, last] of [
      [image, "ELF .BTF"],
      [elf, "ELF .BTF"],
    ] as const) {
      const read = expectValue(await readKernelBtf(path));
      expect(expected.equals(read.bytes), path).toBe(true);
      expect(read.steps.at(-1)).toBe(last);
    }
  });

  test("Debian's arm64 Image has BTF that starts and ends as its header says", async () => {
    const read = expectValue(await readKernelBtf(arm64Image()));
    const bytes = Buffer.from(read.bytes);
    const [header, strings, length] = [bytes.readUInt32LE(4), bytes.readUInt32LE(16), bytes.readUInt32LE(20)];
    expect([bytes.readUInt16LE(0), bytes.length]).toEqual([0xeb9f, header + strings + length]);
    expect(bytes.includes("\0task_struct\0")).toBe(true);
  });

  test("Debian's arm64 Image packed as zboot has the same BTF", async () => {
    const [plain, packed] = [readFileSync(arm64Image()), join(await temporaryFolder(), "vmlinuz.efi")];
    await writeFile(
      packed,
      buildZboot(execFileSync("zstd", ["-q", "-1", "-c"], { input: plain, maxBuffer: 2 ** 28 })),
    );
    const one = expectValue(await readKernelBtf(arm64Image()));
    const other = expectValue(await readKernelBtf(packed));
    expect(Buffer.from(one.bytes).equals(other.bytes)).toBe(true);
    expect(other.steps).toEqual(["zboot (zstd22)", ...one.steps]);
  });

  test("Debian's loong64 kernel is built without BTF, and the failure says where it was looked for", async () => {
    const path = loong64Zboot();
    const bytes = readFileSync(path);
    const payload = bytes.subarray(bytes.readUInt32LE(8), bytes.readUInt32LE(8) + bytes.readUInt32LE(12));
    const kernel = execFileSync("zstd", ["-dc"], { input: payload, maxBuffer: 2 ** 28 });
    expect(kernel.includes(Buffer.of(0x9f, 0xeb, 1, 0))).toBe(false);
    expect(await readKernelBtf(path)).toEqual({
      ok: false,
      failure: { ...noBtf(" (looked into: zboot (zstd))"), file: path },
    });
  });
});
