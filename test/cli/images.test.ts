import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { compressZstd } from "#formats/compression/zstd/zstd-encode.ts";
import { encodeEnvelope } from "#formats/envelope/encode.ts";
import type { ZbootInput } from "#formats/zboot/encode.ts";
import { bzImage } from "../kernel-image/images.ts";
import { cli, cliOk } from "../support/cli.ts";
import { buildElf } from "../support/elf-builder.ts";
import { expectValue } from "../support/expect-value.ts";
import { extent } from "../support/extent.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { buildPe } from "../support/pe-builder.ts";
import { amd64Kernel, arm64Image } from "../support/real-inputs.ts";
import { judgedBy, output } from "../support/tools.ts";
import { encodeUki } from "../support/uki-encoder.ts";
import { buildZboot } from "../support/zboot-builder.ts";
import { encodeZbootImage } from "../support/zboot-image.ts";

const EM_AARCH64 = 183;

let image: Buffer;
beforeAll(() => {
  image = readFileSync(arm64Image());
});

/** `image` as a zboot file. */
async function zbootOf(
  kernel: Uint8Array,
  compression = "zstd",
  arch: ZbootInput["arch"] = "arm64",
): Promise<Uint8Array> {
  return expectValue(await encodeZbootImage({ arch, compression, image: kernel }));
}

/** What `extract` makes of a file with these bytes. */
async function extract(bytes: Uint8Array) {
  const cwd = newFolder();
  write(join(cwd, "file"), bytes);
  const { stdout } = await cliOk(["extract", "file", "-o", "out", "--json"], { cwd });
  const told = JSON.parse(stdout) as { what: string; steps: string[]; size: number; sha256: string };
  return { ...told, bytes: readFileSync(join(cwd, "out")) };
}

describe("extract gives Debian's arm64 Image back from a zboot file", () => {
  // All of it once; the first megabytes for those that take their time.
  test.each(["gzip", "lz4", "lzma", "lzo", "xzkern", "zstd"])("compressed with %s", async (compression) => {
    const kernel = compression === "zstd" ? image : image.subarray(0, extent(2 << 20, image.length));
    const { bytes, ...told } = await extract(await zbootOf(kernel, compression));
    expect(digest(bytes)).toBe(digest(kernel));
    expect(told).toMatchObject({ what: "arm64 Image", steps: [`zboot (${compression})`] });
    expect(told).toMatchObject({ size: kernel.length, sha256: digest(kernel) });
  });
});

/** What `extract` says of a file with these bytes, and what it leaves. */
async function attempt(bytes: Uint8Array, ...words: readonly string[]) {
  const cwd = newFolder();
  write(join(cwd, "file"), bytes);
  const { status, stderr } = await cli(["extract", "file", "-o", "out", ...words], { cwd });
  const out = join(cwd, "out");
  const message = stderr.replace(`${cwd}/`, "").trim();
  return { status, message, ...(existsSync(out) ? { bytes: readFileSync(out) } : {}) };
}

describe("extract refuses what is not a kernel, and --raw takes it:", () => {
  const program = { type: 1, offset: 64n, filesz: 4n, paddr: 0x1000n };
  const code = [{ name: ".text", flags: 2, data: Buffer.from("code") }];
  const elf = (type: number, machine = EM_AARCH64, name?: string) =>
    buildElf([...code, ...(name === undefined ? [] : [{ name }])], { type, machine, programs: [program] })
      .bytes;

  test.each([
    ["a program", elf(3), 'a program is not supported: nothing in it says "Linux version …"'],
    [
      "a kernel module",
      elf(1, EM_AARCH64, ".modinfo"),
      "a kernel module is not supported: it is not a kernel",
    ],
    ["an object", elf(1), "an object file is not supported: it is not a kernel"],
    ["a BPF object", elf(1, 247), "a BPF object is not supported: it is not a kernel"],
    ["a core dump", elf(4), "a core dump is not supported: it is not a kernel"],
  ])("%s", async (_, bytes, words) => {
    const message = `kexec-bpf: file: ${words}; --raw takes it nevertheless`;
    expect(await attempt(bytes)).toEqual({ status: 1, message });
    expect(await attempt(gzipSync(bytes), "--layer", "vmlinux")).toMatchObject({ status: 1 });
    expect(await attempt(bytes, "--raw")).toMatchObject({ status: 0, bytes: Buffer.from("code") });
    expect((await attempt(gzipSync(bytes), "--raw", "--layer", "vmlinux")).bytes?.equals(bytes)).toBe(true);
  });

  test("what a stream holds, whatever it is", async () => {
    const refused = await attempt(gzipSync("no kernel"));
    expect(refused).toMatchObject({ status: 1, message: expect.stringContaining("inside the gzip stream") });
    expect((await attempt(gzipSync("no kernel"), "--raw")).bytes?.toString()).toBe("no kernel");
  });

  test.each([
    ["s390x", Buffer.concat([Buffer.alloc(0x10008), Buffer.from("S390EP")]), "an s390x kernel"],
    ["32-bit ARM", Buffer.from(`${"00".repeat(0x24)}18286f01`, "hex"), "a zImage for 32-bit ARM"],
    ["an addon", buildPe([{ name: ".cmdline", data: Buffer.from("quiet") }]).bytes, "a UKI addon"],
    ["another program", buildPe([{ name: ".text", data: Buffer.from("code") }]).bytes, "this PE file"],
    [
      "a lanzaboote stub",
      buildPe([
        { name: ".linux", data: Buffer.from("\\EFI\\nixos\\kernel.efi") },
        { name: ".linuxh", data: Buffer.alloc(32) },
      ]).bytes,
      "a lanzaboote stub is not supported: it names its kernel by path and hash (\\EFI\\nixos\\kernel.efi)",
    ],
  ])("%s is named", async (_, bytes, words) => {
    const refused = await attempt(bytes);
    expect(refused).toMatchObject({
      status: 1,
      message: expect.stringContaining(`kexec-bpf: file: ${words}`),
    });
  });

  test("a UKI that is cut off says where, and not that it is none", async () => {
    const uki = expectValue(
      encodeUki({ arch: "arm64", sections: [{ name: ".linux", data: Buffer.alloc(9000) }] }),
    );
    const { message } = await attempt(uki.subarray(0, 5000));
    expect(message).toMatch(
      /^kexec-bpf: file: PE section header 0, offset 0x[0-9a-f]+: 9000 bytes of .linux at /,
    );
  });
});

describe("extract --layer gives byte for byte", () => {
  const parts = { linux: "", initrd: "the initrd", cmdline: "quiet" };
  let kernel: Buffer;
  let uki: Uint8Array;
  beforeAll(async () => {
    kernel = Buffer.from(await zbootOf(image.subarray(0, 1 << 16), "gzip"));
    const sections = [
      { name: ".linux", data: kernel },
      { name: ".initrd", data: Buffer.from(parts.initrd) },
      { name: ".cmdline", data: Buffer.from(parts.cmdline) },
    ];
    const encoded = expectValue(encodeUki({ arch: "arm64", sections }));
    uki = encoded;
  });

  test("a UKI's and an envelope's parts", async () => {
    const initrd = Buffer.from(parts.initrd);
    const envelope = encodeEnvelope({
      machine: EM_AARCH64,
      kernel,
      initrd,
      cmdline: Buffer.from(parts.cmdline),
    });
    for (const bytes of [uki, envelope]) {
      expect((await attempt(bytes, "--layer", "linux")).bytes?.equals(kernel)).toBe(true);
      expect((await attempt(bytes, "--layer", "initrd")).bytes?.toString()).toBe(parts.initrd);
      // An envelope's has the NUL that the kernel wants.
      const cmdline = (await attempt(bytes, "--layer", "cmdline")).bytes?.toString();
      expect(cmdline).toBe(bytes === uki ? parts.cmdline : `${parts.cmdline}\0`);
      const { bytes: boots } = await attempt(bytes, "--layer", "image");
      expect(boots?.equals(image.subarray(0, 1 << 16))).toBe(true);
    }
  });

  test("a bzImage in a UKI, or the vmlinux in that, compressed or not", async () => {
    const vmlinux = buildElf([], { type: 2, machine: 62 }).bytes;
    const x86 = async (payload: Uint8Array) => {
      const kernel = bzImage(payload, vmlinux.length);
      const encoded = expectValue(encodeUki({ arch: "x86", sections: [{ name: ".linux", data: kernel }] }));
      expect((await attempt(encoded, "--layer", "linux")).bytes?.equals(kernel)).toBe(true);
      expect((await attempt(encoded, "--layer", "image")).bytes?.equals(kernel)).toBe(true);
      return (await attempt(encoded, "--layer", "vmlinux")).bytes;
    };
    // bzImage() appends a size, which an uncompressed payload does not have: it is a part of that.
    expect((await x86(vmlinux))?.subarray(0, vmlinux.length).equals(vmlinux)).toBe(true);
    expect((await x86(compressZstd(vmlinux)))?.equals(vmlinux)).toBe(true);
  });

  test("and says which layer there is not", async () => {
    const plain = expectValue(encodeUki({ arch: "arm64", sections: [{ name: ".linux", data: kernel }] }));
    for (const [bytes, layer, where] of [
      [plain, "initrd", "UKI"],
      [uki, "vmlinux", "UKI, zboot (gzip)"],
      [kernel, "linux", "zboot (gzip)"],
    ] as const) {
      expect(await attempt(bytes, "--layer", layer)).toEqual({
        status: 1,
        message: `kexec-bpf: file: --layer ${layer} is not supported: there is none in ${where}`,
      });
    }
    expect(await attempt(kernel, "--layer", "kernel")).toMatchObject({ status: 2 });
  });
});

describe("extract takes the whole of a file, and says what it leaves:", () => {
  test("two streams are one Image", async () => {
    const kernel = image.subarray(0, 1 << 16);
    const [first, second] = [kernel.subarray(0, 1000), kernel.subarray(1000)];
    const { bytes, message } = await attempt(Buffer.concat([gzipSync(first), gzipSync(second)]));
    expect({ whole: bytes?.equals(kernel), message }).toEqual({ whole: true, message: "" });
  });

  test.each([
    ["a device tree", "d00dfeed00000000", "8 bytes (a device tree) behind the gzip stream at offset 0x0 are"],
    ["metadata", "ff", "1 byte behind the gzip stream at offset 0x0 is"],
    ["zeros", "0000000000", "5 bytes, all zero, behind the gzip stream at offset 0x0 are"],
  ])("%s behind the stream", async (_, rest, words) => {
    const kernel = image.subarray(0, 1 << 16);
    const file = Buffer.concat([gzipSync(kernel), Buffer.from(rest, "hex")]);
    const { bytes, message } = await attempt(file);
    expect(bytes?.equals(kernel)).toBe(true);
    expect(message).toBe(`kexec-bpf: warning: ${words} no part of it`);
    const cwd = newFolder();
    write(join(cwd, "file"), file);
    const { stdout } = await cliOk(["extract", "file", "-o", "out", "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ warnings: [`${words} no part of it`] });
  });

  test("a zboot file's payload as the kernel takes it: the first stream", async () => {
    const kernel = image.subarray(0, 1 << 16);
    const second = gzipSync("more");
    const payload = Buffer.concat([gzipSync(kernel), second]);
    const { bytes, message } = await attempt(buildZboot(payload, { compression: "gzip" }));
    expect(bytes?.equals(kernel)).toBe(true);
    expect(message).toMatch(
      new RegExp(
        `^kexec-bpf: warning: ${second.length} bytes behind the gzip stream at offset 0x[0-9a-f]+ are no part of it$`,
      ),
    );
  });

  test("not the size that kernel builds append", async () => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(1 << 16);
    const stream = Buffer.concat([gzipSync(image.subarray(0, 1 << 16)), size]);
    expect(await attempt(stream)).toMatchObject({ status: 0, message: "" });
  });
});

describe("extract", () => {
  /** The first 4 MiB of the Image: a header and code. */
  let kernel: Buffer;
  let zboot: Uint8Array;
  beforeAll(async () => {
    kernel = image.subarray(0, 4 << 20);
    zboot = await zbootOf(kernel);
  });

  test("takes the Image out of a zboot file in a UKI", async () => {
    const uki = expectValue(
      encodeUki({
        arch: "arm64",
        sections: [
          { name: ".osrel", data: Buffer.from("ID=debian\n") },
          { name: ".linux", data: zboot },
          { name: ".cmdline", data: Buffer.from("console=ttyAMA0") },
        ],
      }),
    );
    const { steps, sha256 } = await extract(uki);
    expect({ steps, sha256 }).toEqual({ steps: ["UKI", "zboot (zstd)"], sha256: digest(kernel) });
  });

  test("takes the Image out of a zboot file in an envelope", async () => {
    const initrd = Buffer.from("initrd");
    const envelope = encodeEnvelope({ machine: EM_AARCH64, kernel: zboot, initrd });
    const { steps, sha256 } = await extract(envelope);
    expect({ steps, sha256 }).toEqual({ steps: ["envelope", "zboot (zstd)"], sha256: digest(kernel) });
  });

  test("unpacks Image.gz", async () => {
    const { steps, sha256 } = await extract(gzipSync(kernel, { level: 1 }));
    expect({ steps, sha256 }).toEqual({ steps: ["gzip"], sha256: digest(kernel) });
  });

  test("says in words what it took off", async () => {
    const cwd = newFolder();
    write(join(cwd, "vmlinuz.efi"), zboot);
    const { stdout } = await cliOk(["extract", "vmlinuz.efi", "-o", "Image"], { cwd });
    expect(stdout).toContain("zboot (zstd) > arm64 Image");
  });

  describe("refuses, with exit status 1 and nothing left behind,", () => {
    const refused = async (bytes: Uint8Array) => {
      const cwd = newFolder();
      write(join(cwd, "file"), bytes);
      const { status, stdout, stderr } = await cli(["extract", "file", "-o", "out"], { cwd });
      expect({ status, stdout, left: readdirSync(cwd) }).toEqual({ status: 1, stdout: "", left: ["file"] });
      return { message: stderr, file: join(cwd, "file") };
    };

    test("a zboot file whose end is cut off: the message names the file and the offset", async () => {
      const { message, file } = await refused(zboot.subarray(0, zboot.length >> 1));
      expect(message).toContain(`${file}: zboot `);
      expect(message).toMatch(/offset 0x[0-9a-f]+/);
    });

    test("a payload that is cut off: the offset lies in the payload", async () => {
      const short = Uint8Array.from(zboot);
      const view = new DataView(short.buffer);
      const payloadOffset = view.getUint32(0x08, true);
      const payloadSize = view.getUint32(0x0c, true) - 100;
      view.setUint32(0x0c, payloadSize, true);
      const { message, file } = await refused(short);
      expect(message).toContain(`${file}: zstd `);
      const offset = Number(/offset (0x[0-9a-f]+)/.exec(message)?.[1]);
      expect(offset).toBeGreaterThanOrEqual(payloadOffset);
      expect(offset).toBeLessThanOrEqual(payloadOffset + payloadSize);
    });

    test("a stream in a stream that is cut off: the message names the outer one", async () => {
      const inner = gzipSync(kernel.subarray(0, 1 << 16));
      const { message, file } = await refused(gzipSync(inner.subarray(0, inner.length - 3)));
      expect(message).toContain(
        `${file}: inside the gzip stream at offset 0x0: gzip compressed data, offset 0x`,
      );
    });

    test("an arm64 Image in a zboot file for riscv", async () => {
      const { message } = await refused(await zbootOf(kernel.subarray(0, 1 << 16), "zstd", "riscv"));
      expect(message).toContain("an Image for arm64 in a zboot file for riscv");
    });

    test("a zboot file around something that is no Image", async () => {
      const { message, file } = await refused(await zbootOf(Buffer.alloc(4096, "text ")));
      expect(message).toContain(
        `${file}: inside the zstd stream at offset 0x210: Image header, offset 0x38: `,
      );
    });

    test("a zboot file of whose payload only the header is there, in a UKI, in a gzip stream", async () => {
      const linux = Buffer.from(zboot.subarray(0, 0x220));
      const uki = expectValue(encodeUki({ arch: "arm64", sections: [{ name: ".linux", data: linux }] }));
      const { message, file } = await refused(gzipSync(uki));
      // The offset is that of the field in the UKI, which is what the stream holds.
      const at = Buffer.from(uki).indexOf(linux) + 8;
      expect(message).toContain(
        `${file}: inside the gzip stream at offset 0x0: zboot DOS header, offset 0x${at.toString(16)}: payload of `,
      );
    });

    test("a text file", async () => {
      const { message } = await refused(Buffer.from("no kernel\n"));
      expect(message).toContain("no zboot, UKI, envelope, bzImage, vmlinux, Image or compressed kernel");
    });

    test("an empty file", async () => {
      await refused(new Uint8Array(0));
    });
  });

  test("leaves an output that exists as it is when it fails", async () => {
    const cwd = newFolder();
    write(join(cwd, "file"), zboot.subarray(0, zboot.length - 1000));
    write(join(cwd, "Image"), "of yesterday");
    const { status } = await cli(["extract", "file", "-o", "Image"], { cwd });
    expect(status).toBe(1);
    expect(readFileSync(join(cwd, "Image"), "utf8")).toBe("of yesterday");
    expect(readdirSync(cwd).sort()).toEqual(["Image", "file"]);
  });

  test("names a file that is not there", async () => {
    const cwd = newFolder();
    const { status, stderr } = await cli(["extract", "absent", "-o", "out"], { cwd });
    expect(status).toBe(1);
    expect(stderr).toContain(join(cwd, "absent"));
    expect(existsSync(join(cwd, "out"))).toBe(false);
  });
});

judgedBy(["readelf", "objcopy"], "extract makes of Debian's bzImage", () => {
  test("a vmlinux that readelf takes, with the .BTF of the same build's headers", async () => {
    const { bzImage, vmlinux } = amd64Kernel();
    const cwd = newFolder();
    const { stdout } = await cliOk(["extract", bzImage, "-o", "vmlinux", "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ what: "vmlinux of the bzImage" });

    const header = output("readelf", ["-hW", join(cwd, "vmlinux")]).toString();
    expect(header).toMatch(/Machine: +Advanced Micro Devices X86-64/);
    expect(header).toMatch(/Type: +EXEC/);
    const btf = (file: string, name: string) => {
      execFileSync("objcopy", ["-O", "binary", "--only-section=.BTF", file, join(cwd, name)], {
        stdio: "ignore",
      });
      return readFileSync(join(cwd, name));
    };
    const expected = btf(vmlinux, "expected");
    expect(expected.length).toBeGreaterThan(1 << 20);
    expect(digest(btf(join(cwd, "vmlinux"), "found"))).toBe(digest(expected));
  });
});

judgedBy(["gcc", "objcopy"], "extract flattens an ELF file as objcopy -O binary does", () => {
  const SOURCE = `
    const char linux_banner[] = "Linux version 6.1.0 (of this test)";
    int data[1000] = {1, 2, 3};
    static char bss[1 << 20];
    void _start(void) { for (;;) bss[data[0]]++; }
  `;

  test.each([
    ["of two segments", ["-Wl,-z,noseparate-code"]],
    ["with segments far apart", ["-Wl,-Tdata=0x600000"]],
    ["with code and constants on pages of their own", ["-Wl,-z,separate-code"]],
  ])("%s", async (_title, options) => {
    const cwd = newFolder();
    writeFileSync(join(cwd, "small.c"), SOURCE);
    execFileSync("gcc", ["-nostdlib", "-static", "-O1", ...options, "small.c", "-o", "vmlinux"], { cwd });
    execFileSync("objcopy", ["-O", "binary", "vmlinux", "expected"], { cwd });
    await cliOk(["extract", "vmlinux", "-o", "found"], { cwd });
    expect(digest(readFileSync(join(cwd, "found")))).toBe(digest(readFileSync(join(cwd, "expected"))));
  });
});
