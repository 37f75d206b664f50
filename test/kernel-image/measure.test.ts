import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { measureImage } from "#kernel-image/measure.ts";
import { buildPe, type TestPeSection } from "../support/pe-builder.ts";
import { amd64Kernel, arm64Image, loong64Zboot } from "../support/real-inputs.ts";
import { buildZboot } from "../support/zboot-builder.ts";
import { temporaryFolder } from "../toolchain/temporary-folder.ts";
import { bootImage, bzImage } from "./images.ts";

async function measured(bytes: Uint8Array): Promise<unknown> {
  const path = join(await temporaryFolder(), "image");
  await writeFile(path, bytes);
  const result = await measureImage(path);
  if (result.ok) return result.value;
  expect(result.failure).toMatchObject({ file: path });
  const { file, ...failure } = result.failure as { file: string };
  return failure;
}

const content = Buffer.from("kernel ".repeat(1000));
const zstd = (bytes: Uint8Array): Buffer => execFileSync("zstd", ["-q", "-c"], { input: bytes });
const section = (name: string, data: Uint8Array | string): TestPeSection => ({
  name,
  data: Buffer.from(data),
});

describe("the size is taken", () => {
  test.each(["arm64", "riscv", "loongarch"] as const)("of a plain Image of %s: the file's", async (arch) =>
    expect(await measured(bootImage(arch, content))).toEqual({
      image: 7064,
      kernel: 7064,
      arch,
      steps: [`${arch} Image`],
    }),
  );

  test("of a plain Image too large to be read: the file's", async () => {
    const path = join(await temporaryFolder(), "Image");
    await writeFile(path, bootImage("arm64", content));
    await truncate(path, 2 ** 36);
    expect(await measureImage(path)).toMatchObject({ ok: true, value: { image: 2 ** 36, kernel: 2 ** 36 } });
  });

  test("of a compressed Image: the uncompressed one's", async () =>
    expect(await measured(gzipSync(bootImage("riscv", content)))).toEqual({
      image: 7064,
      kernel: 7064,
      arch: "riscv",
      steps: ["gzip", "riscv Image"],
    }));

  test("of a zboot image: the uncompressed one's, from exactly payload_size bytes", async () => {
    const payload = zstd(bootImage("arm64", content));
    const image = buildZboot(Buffer.concat([payload, Buffer.from("size")]), { payloadSize: payload.length });
    expect(await measured(image)).toEqual({
      image: 7064,
      kernel: 7064,
      arch: "arm64",
      steps: ["zboot (zstd22)", "arm64 Image"],
    });
  });

  test("of a bzImage: the file's, as it is handed on whole", async () => {
    const image = bzImage(zstd(content), content.length);
    expect(await measured(image)).toEqual({
      image: image.length,
      kernel: image.length,
      arch: "x86",
      steps: ["bzImage (zstd)"],
    });
  });

  test("of a UKI: the image inside, and the largest of each part over its profiles", async () => {
    const kernel = buildZboot(gzipSync(bootImage("arm64", content)), { compression: "gzip" });
    const uki = buildPe([
      section(".linux", kernel),
      section(".initrd", "i".repeat(700)),
      section(".cmdline", "base"),
      section(".profile", "ID=a"),
      section(".cmdline", "longest of all"),
      section(".profile", "ID=b"),
      section(".initrd", "j".repeat(900)),
      section(".cmdline", ""),
    ]);
    expect(await measured(uki.bytes)).toEqual({
      image: 7064,
      kernel: 7064,
      initrd: 900,
      cmdline: 14,
      arch: "arm64",
      steps: ["UKI", "zboot (gzip)", "arm64 Image"],
    });
  });

  test("of a UKI whose second profile has a larger kernel: that one's, as it is in the UKI", async () => {
    const uki = buildPe([
      section(".linux", bootImage("arm64", content)),
      section(".profile", "ID=a"),
      section(".profile", "ID=b"),
      section(".linux", bootImage("arm64", Buffer.concat([content, content]))),
    ]);
    expect(await measured(uki.bytes)).toMatchObject({ image: 7064, kernel: 14064, initrd: 0, cmdline: 0 });
  });

  test("of a UKI with a bzImage: the bzImage's", async () => {
    const image = bzImage(zstd(content), content.length);
    expect(await measured(buildPe([section(".linux", image)]).bytes)).toMatchObject({
      image: image.length,
      kernel: image.length,
      arch: "x86",
      steps: ["UKI", "bzImage (zstd)"],
    });
  });
});

describe("no size is taken", () => {
  const nothing =
    "neither an arm64, RISC-V or LoongArch Image, nor zboot, UKI, bzImage or a compressed one of these";

  test.each([
    ["garbage", Buffer.from("garbage".repeat(100))],
    ["nothing", new Uint8Array(0)],
  ])("of %s", async (_, bytes) =>
    expect(await measured(bytes)).toEqual({
      reason: "unsupported",
      what: "the kernel image",
      detail: nothing,
    }),
  );

  test("of an addon, which is named", async () =>
    expect(await measured(buildPe([section(".cmdline", "addon")]).bytes)).toEqual({
      reason: "unsupported",
      what: "a UKI addon",
      detail: "it adds to a kernel and has none",
    }));

  test("of garbage inside something, which is named", async () =>
    expect(await measured(buildZboot(gzipSync(content), { compression: "gzip" }))).toEqual({
      reason: "unsupported",
      what: "what is inside zboot (gzip)",
      detail: nothing,
    }));

  test("of what is wrapped once too often", async () => {
    let bytes: Uint8Array = bootImage("arm64", content);
    for (let i = 0; i < 3; i++) bytes = gzipSync(bytes);
    expect(await measured(bytes)).toMatchObject({ image: 7064 });
    expect(await measured(gzipSync(bytes))).toMatchObject({ what: "what is inside gzip, gzip, gzip, gzip" });
  });

  test("of a truncated stream, named with its place in the file", async () => {
    const payload = gzipSync(bootImage("arm64", content));
    const cut = buildZboot(payload, { compression: "gzip", payloadSize: payload.length - 9 });
    expect(await measured(cut)).toMatchObject({
      reason: "malformed",
      format: "gzip",
      offset: expect.any(Number),
    });
    const outside = buildZboot(payload, { compression: "gzip", payloadSize: payload.length + 1 });
    expect(await measured(outside)).toMatchObject({
      reason: "malformed",
      format: "zboot",
      section: "DOS header",
      offset: 8,
    });
  });

  test("of a zboot image with a compression that nobody knows", async () =>
    expect(await measured(buildZboot(content, { compression: "zip" }))).toEqual({
      reason: "unsupported",
      what: "zboot compression zip",
      detail: "no compression that Linux knows",
    }));

  test("of a UKI with an empty kernel", async () =>
    expect(await measured(buildPe([section(".linux", "")]).bytes)).toMatchObject({
      reason: "malformed",
      format: "UKI",
      detail: "profile @0 has an empty .linux",
    }));

  test("of a file that is not there", async () => {
    const path = join(await temporaryFolder(), "none");
    expect(await measureImage(path)).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "read", file: path, code: "ENOENT" },
    });
  });
});

describe("real kernels", () => {
  test("Debian's arm64 Image is as large as its file", async () => {
    const path = arm64Image();
    const { size } = statSync(path);
    expect(await measureImage(path)).toEqual({
      ok: true,
      value: {
        image: size,
        kernel: size,
        arch: "arm64",
        steps: ["arm64 Image"],
        release: basename(path).replace("vmlinuz-", ""),
      },
    });
  });

  test("Debian's loong64 zboot image unpacks to what zstd makes of exactly payload_size bytes", async () => {
    const path = loong64Zboot();
    const bytes = readFileSync(path);
    const [offset, length] = [bytes.readUInt32LE(8), bytes.readUInt32LE(12)];
    const payload = bytes.subarray(offset, offset + length);
    const { length: size } = execFileSync("zstd", ["-dc"], { input: payload, maxBuffer: 2 ** 28 });
    expect(size).toBeGreaterThan(16 * 1024 * 1024);
    expect(await measureImage(path)).toEqual({
      ok: true,
      value: {
        image: size,
        kernel: size,
        arch: "loongarch",
        steps: ["zboot (zstd)", "loongarch Image"],
        release: basename(dirname(path)),
      },
    });
    // Four bytes less, as the first versions of the series send, are not a whole stream.
    const cut = payload.subarray(0, length - 4);
    expect(() => execFileSync("zstd", ["-dc"], { input: cut, maxBuffer: 2 ** 28, stdio: "pipe" })).toThrow();
  });

  test("Debian's amd64 bzImage, which has LoongArch's magic numbers too, is x86 and as large as its file", async () => {
    const { bzImage: path } = amd64Kernel();
    const { size } = statSync(path);
    const measured = await measureImage(path);
    expect(measured).toMatchObject({
      ok: true,
      value: { image: size, kernel: size, arch: "x86", release: basename(path).replace("vmlinuz-", "") },
    });
    expect(readFileSync(path).readUInt32LE(0x38)).toBe(0x818223cd);
  });
});
