import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { encodeEnvelope } from "#formats/envelope/encode.ts";
import { encodeUki } from "#formats/uki/encode.ts";
import { encodeZbootImage, type ZbootInput } from "#formats/zboot/encode.ts";
import { cli, cliOk } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel, arm64Image } from "../support/real-inputs.ts";
import { judgedBy, output } from "../support/tools.ts";

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
  const zboot = await encodeZbootImage({ arch, compression, image: kernel });
  if (!zboot.ok) throw new Error(JSON.stringify(zboot.failure));
  return zboot.value;
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
  test.each(["gzip", "lz4", "lzma", "lzo", "xzkern", "zstd"])("compressed with %s", async (compression) => {
    const { bytes, ...told } = await extract(await zbootOf(image, compression));
    expect(digest(bytes)).toBe(digest(image));
    expect(told).toMatchObject({ what: "arm64 Image", steps: [`zboot (${compression})`] });
    expect(told).toMatchObject({ size: image.length, sha256: digest(image) });
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
    const uki = encodeUki({
      arch: "arm64",
      sections: [
        { name: ".osrel", data: Buffer.from("ID=debian\n") },
        { name: ".linux", data: zboot },
        { name: ".cmdline", data: Buffer.from("console=ttyAMA0") },
      ],
    });
    if (!uki.ok) throw new Error(JSON.stringify(uki.failure));
    const { steps, sha256 } = await extract(uki.value);
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
      const uki = encodeUki({ arch: "arm64", sections: [{ name: ".linux", data: linux }] });
      if (!uki.ok) throw new Error(JSON.stringify(uki.failure));
      const { message, file } = await refused(gzipSync(uki.value));
      // The offset is that of the field in the UKI, which is what the stream holds.
      const at = Buffer.from(uki.value).indexOf(linux) + 8;
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
    const char text[] = "constants";
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
