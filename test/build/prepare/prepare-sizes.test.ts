import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tellOddities } from "#build/architectures.ts";
import { prepareSizes } from "#build/prepare/prepare-sizes.ts";
import type { BuildRequest } from "#build/request.ts";
import { err, ok } from "#core/result.ts";
import type { Measured } from "#kernel-image/measure.ts";
import type { KernelReader } from "#kernel-image/reader.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";
import { newFolder } from "../../support/folders.ts";
import { until } from "../../support/until.ts";
import { contextWith, requestWith } from "./request.ts";

const NOTHING = requestWith();
const MEASURED: Measured = {
  ...{
    image: 5_000_000,
    kernel: 2_000_000,
    arch: "arm64",
    release: "6.12",
    steps: ["zboot (zstd)", "arm64 Image"],
  },
};

function file(content: string | Uint8Array, name = "Image"): string {
  const path = join(newFolder(), name);
  writeFileSync(path, content);
  return path;
}

function readerOf(measured: Measured, asked: string[] = []): KernelReader {
  const unasked = () => expect.fail("types are not asked for");
  return {
    btf: unasked,
    types: unasked,
    measure: async (image) => {
      asked.push(image);
      return ok(measured);
    },
  };
}

async function sized(
  request: BuildRequest,
  context = contextWith({ sharing: { kernels: readerOf(MEASURED) } }),
  formats: readonly string[] = [],
) {
  const { out, kernel } = request;
  const places = { out, tree: kernel.tree, kbuildOutput: kernel.kbuildOutput };
  const result = await prepareSizes(request, places, formats, context);
  return { result, ...context.heard, state: context.state, seen: context.seen };
}

const forImage = (limits: Partial<BuildRequest["limits"]> = {}, more: Partial<BuildRequest> = {}) =>
  requestWith({
    kernel: { ...NOTHING.kernel, image: file("an image") },
    limits: { ...NOTHING.limits, ...limits },
    ...more,
  });

describe("the sizes of a build", () => {
  it("are measured, with room for a signature, where nothing is asked for; what cannot be is assumed", async () => {
    const request = forImage();
    const { result, notes, warnings } = await sized(request);
    const { image } = request.kernel;
    expect(expectValue(result)).toEqual({
      ...{ arch: "arm64", image, release: "6.12", measured: 2_000_000, watched: [image] },
      sizes: { image: 5_000_000, kernel: 2_065_536, initrd: 67_043_328, cmdline: 32_768 },
    });
    expect(notes).toEqual([
      `kernel image ${image} (zboot (zstd), arm64 Image): 5000000 bytes`,
      "no initrd to measure: up to 67043328 bytes are assumed (--max-initrd)",
    ]);
    expect(warnings).toEqual([]);
  });

  it("are a UKI's own where it has an initrd and a long command line", async () => {
    const kernels = readerOf({ ...MEASURED, initrd: 1000, cmdline: 40_000 });
    const { result, notes } = await sized(forImage(), contextWith({ sharing: { kernels } }));
    expect(expectValue(result).sizes).toMatchObject({ initrd: 1000, cmdline: 40_000 });
    expect(notes).toHaveLength(1);
    const short = readerOf({ ...MEASURED, cmdline: 4 });
    const small = await sized(forImage(), contextWith({ sharing: { kernels: short } }));
    expect(expectValue(small.result).sizes.cmdline).toBe(32_768);
  });

  it("that are asked for go before those that are measured", async () => {
    const limits = { kernel: 7, initrd: 8, cmdline: 9 };
    const { result, notes } = await sized(forImage(limits));
    expect(expectValue(result)).toMatchObject({
      sizes: { image: 5_000_000, ...limits },
      measured: 2_000_000,
    });
    expect(notes).toHaveLength(1);
  });

  it("need no image where the kernel's is asked for", async () => {
    const limits = { ...NOTHING.limits, kernel: 7, initrd: 8 };
    const { result, notes } = await sized(requestWith({ limits }));
    expect(expectValue(result)).toEqual({
      ...{ arch: undefined, image: undefined, release: undefined, measured: undefined, watched: [] },
      sizes: { image: 7, kernel: 7, initrd: 8, cmdline: 32_768 },
    });
    expect(notes).toEqual([]);
  });

  it("are an initramfs' where one is given, which is watched", async () => {
    const initramfs = file("initramfs");
    const { result, seen } = await sized(forImage({ initramfs }));
    expect(expectValue(result)).toMatchObject({ sizes: { initrd: 9 } });
    expect(expectValue(result).watched).toContain(initramfs);
    expect(seen.has(initramfs)).toBe(true);
    const asked = await sized(forImage({ initramfs, initrd: 5 }));
    expect(expectValue(asked.result).sizes.initrd).toBe(5);
    const missing = await sized(forImage({ initramfs: "/none" }));
    expect(expectFailure(missing.result)).toMatchObject({ reason: "file-failed", code: "ENOENT" });
  });

  it("are rounded up to steps where that is asked for, but for those asked for; what changes is told", async () => {
    const { result, notes } = await sized(forImage({ cmdline: 5 }, { sizeStep: "rings" }));
    expect(expectValue(result).sizes).toEqual({
      ...{ image: 5_000_000, kernel: 4_128_768, initrd: 67_043_328, cmdline: 5 },
    });
    expect(notes.at(-1)).toBe(
      "sizes are rounded up, so that kernels share parsers: kernel 2065536 to 4128768",
    );
    const asked = await sized(forImage({ kernel: 70, cmdline: 5, initrd: 6 }, { sizeStep: "rings" }));
    expect(expectValue(asked.result).sizes).toMatchObject({ kernel: 70, cmdline: 5, initrd: 6 });
    expect(asked.notes).toHaveLength(1);
  });
});

describe("the kernel image", () => {
  it("gives the machine, and is told to be another's than the build's", async () => {
    const { result, warnings } = await sized(forImage({}, { arch: "riscv" }));
    expect(expectValue(result).arch).toBe("riscv");
    expect(warnings).toEqual(["the kernel image is for arm64, the build for riscv"]);
    expect((await sized(forImage({}, { arch: "arm64" }))).warnings).toEqual([]);
  });

  it("is measured once while it is the same", async () => {
    const asked: string[] = [];
    const context = contextWith({ sharing: { kernels: readerOf(MEASURED, asked) } });
    const request = forImage();
    const written = Date.now();
    await until("its time is over", () => Date.now() > written + 100);
    const first = await sized(request, context);
    const second = await sized(request, context);
    expect(second.result).toEqual(first.result);
    expect(asked).toEqual([request.kernel.image]);
  });

  it("is looked for in the tree of the machine that the build is for", async () => {
    const tree = newFolder("tree");
    const image = join(tree, "arch/riscv/boot/Image");
    mkdirSync(join(image, ".."), { recursive: true });
    writeFileSync(image, "an image");
    const request = requestWith({ kernel: { ...NOTHING.kernel, tree }, arch: "riscv" });
    const { result } = await sized(request);
    expect(expectValue(result)).toMatchObject({ image });
    const { watched } = expectValue(result);
    expect(watched.at(-1)).toBe(image);
    expect(watched).toContain(join(request.out, "arch/riscv/boot/vmlinux.bin"));
    const none = await sized(requestWith({ arch: "riscv" }));
    expect(expectFailure(none.result)).toMatchObject({ reason: "input-not-found", what: "the kernel image" });
  });

  it("is read by the build itself where several do not share what reads it", async () => {
    const image = Buffer.alloc(4096);
    image.writeBigUInt64LE(4096n, 16);
    image.write("ARMd", 56);
    const request = requestWith({ kernel: { ...NOTHING.kernel, image: file(image) } });
    const { result } = await sized(request, contextWith());
    expect(expectValue(result)).toMatchObject({ arch: "arm64", measured: 4096 });
  });

  it("that cannot be measured is a failure", async () => {
    const failure = { reason: "unsupported", what: "this", detail: "so" } as const;
    const kernels: KernelReader = { ...readerOf(MEASURED), measure: async () => err(failure) };
    const { result } = await sized(forImage(), contextWith({ sharing: { kernels } }));
    expect(expectFailure(result)).toEqual(failure);
  });
});

describe("an image of a format of the user's own", () => {
  /** Takes images that begin with its letter; the kernel is all that follows, or what `parts` says. */
  const format = (
    letter: string,
    parts = `{ kernel: { command: "COPY", offset: 1, size: image.length - 1 } }`,
  ) =>
    file(
      `export default { name: "own-${letter}", parse: ({ image }) =>
        String.fromCharCode(image[0]) === "${letter}" ? { parts: ${parts} }
        : { refused: { section: "header", offset: 0, detail: "another letter" } } };`,
      "format.mjs",
    );
  const measuredBy = (content: string | Uint8Array, formats: readonly string[]) => {
    const request = requestWith({ kernel: { ...NOTHING.kernel, image: file(content) } });
    return sized(request, contextWith({ sharing: { kernels: readerOf(MEASURED) } }), formats);
  };

  it("is measured by the first format that takes it, and as others are where none does", async () => {
    const [a, b] = [format("a"), format("b")];
    const { result, notes } = await measuredBy("b12345", [a, b, a]);
    const value = expectValue(result);
    expect(value).toMatchObject({ arch: undefined, measured: 5, sizes: { image: 5, kernel: 65_541 } });
    expect(value.watched.slice(-3)).toEqual([a, b, a]);
    expect(notes[0]).toContain("(own-b): 5 bytes");
    expect(expectValue((await measuredBy("c12345", [a, b])).result)).toMatchObject({ measured: 2_000_000 });
  });

  it("has its initrd's and command line's sizes", async () => {
    const all = `{ kernel: { command: "COPY", offset: 1, size: 2 }, initrd: { command: "COPY", offset: 1, size: 3 },
      cmdline: { command: "COPY", offset: 0, size: 4 } }`;
    const own = await measuredBy("a1234567", [format("a", all)]);
    expect(expectValue(own.result).sizes).toMatchObject({ image: 2, initrd: 3, cmdline: 32_768 });
    const whole = all.replace("size: 4", "size: 40000");
    const long = await measuredBy(`a${"x".repeat(39_999)}`, [format("a", whole)]);
    expect(expectValue(long.result).sizes).toMatchObject({ image: 2, cmdline: 40_001 });
  });

  it("may take the whole image for a part, and its kernel is known where it is one", async () => {
    const image = Buffer.alloc(4096);
    image.write("a");
    image.writeBigUInt64LE(4095n, 17);
    image.write("ARMd", 1 + 56);
    const { result, notes } = await measuredBy(image, [format("a")]);
    expect(notes[0]).toContain("(own-a, arm64 Image)");
    expect(expectValue(result)).toMatchObject({ arch: "arm64", measured: 4095 });
    const whole = format("a", `{ kernel: { command: "COPY", offset: 0, size: image.length } }`);
    expect(expectValue((await measuredBy("a123", [whole])).result)).toMatchObject({ measured: 4 });
  });

  it("is measured again where the format changes", async () => {
    const [image, module] = [file("a12345"), format("a")];
    const context = contextWith({ sharing: { kernels: readerOf(MEASURED) } });
    const request = requestWith({ kernel: { ...NOTHING.kernel, image } });
    const written = Date.now();
    await until("its time is over", () => Date.now() > written + 100);
    expect(expectValue((await sized(request, context, [module])).result).measured).toBe(5);
    writeFileSync(module, readFileSync(module, "utf8").replace("image.length - 1", "3"));
    expect(expectValue((await sized(request, context, [module])).result).measured).toBe(3);
  });

  it("is a failure where the format answers what is none, or is none itself", async () => {
    const odd = await measuredBy("a1", [format("a", "7")]);
    expect(expectFailure(odd.result)).toMatchObject({ reason: "bad-reference" });
    const none = await measuredBy("a1", [file("export default 7;", "format.mjs")]);
    expect(expectFailure(none.result)).toMatchObject({ reason: "bad-reference" });
  });
});

describe("what hardly anyone wants", () => {
  const told = (
    types: "arm64" | "x86" | undefined,
    kernel: number | undefined,
    measured: number | undefined,
  ): readonly string[] => {
    const context = contextWith();
    const limits = { ...NOTHING.limits, kernel };
    const sizes = { arch: "arm64" as const, measured, image: "/Image" };
    tellOddities(requestWith({ limits }), { arch: types, vmlinux: "/vmlinux" }, sizes, context);
    return context.heard.warnings;
  };

  it("is warned of: another machine's types, a limit that the kernel does not keep to", () => {
    expect(told("x86", 9, 10)).toEqual([
      "the types of /vmlinux are x86's, the build is for arm64",
      "the largest kernel is to be 9 bytes: /Image has 10, and its parser would refuse it",
    ]);
    for (const [types, kernel, measured] of [
      ["arm64", 10, 10],
      [undefined, undefined, 10],
      [undefined, 9, undefined],
    ] as const) {
      expect(told(types, kernel, measured)).toEqual([]);
    }
  });
});
