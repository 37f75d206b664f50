import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { prepareTypes } from "#build/prepare/prepare-types.ts";
import type { BuildRequest } from "#build/request.ts";
import { err, ok } from "#core/result.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import type { KernelReader } from "#kernel-image/reader.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";
import { newFolder } from "../../support/folders.ts";
import { until } from "../../support/until.ts";
import { contextWith, requestWith } from "./request.ts";

const NO_KERNEL = requestWith().kernel;
const RAW = Buffer.from("raw BTF");

function kernelFile(name = "vmlinux"): string {
  const file = join(newFolder(), name);
  writeFileSync(file, "a kernel");
  return file;
}

const requestFor = (kernel: Partial<BuildRequest["kernel"]>, more: Partial<BuildRequest> = {}) =>
  requestWith({ ...more, kernel: { ...NO_KERNEL, ...kernel } });

/** Finds the same BTF in every kernel, and tells what it was asked. */
function readerOf(types: KernelReader["types"], asked: string[] = []): KernelReader {
  return {
    btf: async (source) => {
      asked.push(`btf ${source}`);
      const identity = { release: "6.12" };
      return ok({ bytes: RAW, sha256: "the digest", steps: ["xz", "ELF .BTF"], identity });
    },
    types: async (source, raw) => {
      asked.push(`types of ${typeof raw === "string" ? "a file" : "bytes"}`);
      return types(source, raw);
    },
    measure: () => expect.fail("nothing is measured"),
  };
}

const withInterface = async () => ok(profileBtf("v7"));

/** Types of a stock kernel for LoongArch. */
function stockTypes(littleEndian = true) {
  const builder = new BtfBuilder({ littleEndian });
  const int = builder.int("int", 4, 1);
  builder.struct("loongarch_fpu", 4, [{ name: "fcsr", type: int, at: 0 }]);
  return decodeBtf(builder.build());
}

const places = ({ out, kernel }: BuildRequest) => ({
  out,
  tree: kernel.tree,
  kbuildOutput: kernel.kbuildOutput,
});
const prepared = (request: BuildRequest, context: ReturnType<typeof contextWith>) =>
  prepareTypes(request, places(request), context);

describe("a kernel's types", () => {
  it("go into the private folder, are decoded once, and say interface and release", async () => {
    const vmlinux = kernelFile();
    const asked: string[] = [];
    const context = contextWith({ sharing: { kernels: readerOf(withInterface, asked) } });
    const request = requestFor({ vmlinux });
    const { source, ...rest } = expectValue(await prepared(request, context));
    const file = join(request.out, ".kexec-bpf/vmlinux.btf");
    expect(rest).toEqual({
      abi: { revision: "v7", source: "target", missing: [] },
      ...{ vmlinux, identity: { release: "6.12" }, arch: undefined, watched: [vmlinux] },
    });
    expect(readFileSync(file).equals(RAW)).toBe(true);
    expect(context.state.digests[file]).toMatchObject({ digest: "the digest" });
    expect([...context.seen.keys()]).toEqual([vmlinux]);
    if (source.kind !== "btf") return expect.fail("types from BTF");
    expect(source.file).toBe(file);
    expectValue(await source.read());
    expect(asked).toEqual([`btf ${vmlinux}`, "types of bytes"]);
    expect(context.heard.notes).toEqual([
      `BTF of ${vmlinux} (xz, ELF .BTF)`,
      `ABI v7: ${vmlinux} has the parser interface`,
    ]);
  });

  it("are remembered while the kernel is the same, and read out of the private folder where they are wanted", async () => {
    const vmlinux = kernelFile();
    const written = Date.now();
    await until("its time is over", () => Date.now() > written + 100);
    const asked: string[] = [];
    const context = contextWith({
      sharing: { kernels: readerOf(async () => stockTypes(), asked) },
    });
    const request = requestFor({ vmlinux });
    const first = expectValue(await prepared(request, context));
    expect(first.arch).toBe("loongarch");
    asked.length = 0;
    const second = expectValue(await prepared(request, context));
    expect({ ...second, source: undefined }).toEqual({ ...first, source: undefined });
    expect(asked).toEqual([]);
    if (second.source.kind !== "btf") return expect.fail("types from BTF");
    expectValue(await second.source.read());
    expect(asked).toEqual(["types of a file"]);
  });

  it("without the interface get the revision that is asked for, else the default, from its profile", async () => {
    for (const [abi, revision, why] of [
      ["auto", "v7", "the default"],
      ["v6", "v6", "as asked for"],
    ] as const) {
      const vmlinux = kernelFile();
      const context = contextWith({ sharing: { kernels: readerOf(async () => stockTypes()) } });
      const request = requestFor({ vmlinux }, { abi });
      const { abi: found } = expectValue(await prepared(request, context));
      expect(found).toMatchObject({ revision, source: "built-in" });
      expect(context.heard.notes[1]).toBe(
        `ABI ${revision} from the built-in profile (${why}): ${vmlinux} lacks ${found.missing.join(", ")}`,
      );
    }
  });

  it("are looked for in the output folder, kernel builds and the running kernel; what was passed over is watched", async () => {
    const [tree, kbuildOutput] = [newFolder("tree"), newFolder("build")];
    const vmlinux = join(tree, "vmlinux");
    writeFileSync(vmlinux, "a kernel");
    const request = requestFor({ tree, kbuildOutput });
    const context = contextWith({ sharing: { kernels: readerOf(withInterface) } });
    const { watched } = expectValue(await prepared(request, context));
    expect(watched).toEqual([join(request.out, "vmlinux"), join(kbuildOutput, "vmlinux"), vmlinux]);
    const none = requestFor({ vmlinux: join(tree, "none") });
    expect(expectFailure(await prepared(none, contextWith()))).toMatchObject({
      ...{ reason: "input-not-found", what: "vmlinux", tried: [join(tree, "none")] },
    });
  });

  it("are taken out by the build itself where several do not share what reads them", async () => {
    const builder = new BtfBuilder();
    builder.struct("loongarch_fpu", 4, [{ name: "fcsr", type: builder.int("int", 4, 1), at: 0 }]);
    const vmlinux = kernelFile();
    writeFileSync(vmlinux, builder.build());
    const request = requestFor({ vmlinux });
    expect(expectValue(await prepared(request, contextWith()))).toMatchObject({ arch: "loongarch", vmlinux });
    expect(readFileSync(join(request.out, ".kexec-bpf/vmlinux.btf")).equals(builder.build())).toBe(true);
  });

  it("are not those of a big-endian machine, nor of another revision, which is said of the kernel", async () => {
    const vmlinux = kernelFile();
    const big = contextWith({ sharing: { kernels: readerOf(async () => stockTypes(false)) } });
    expect(expectFailure(await prepared(requestFor({ vmlinux }), big))).toMatchObject({
      ...{ reason: "unsupported", what: "a kernel of a big-endian machine", file: vmlinux },
    });
    const v7 = contextWith({ sharing: { kernels: readerOf(withInterface) } });
    const v6 = requestFor({ vmlinux }, { abi: "v6" });
    expect(expectFailure(await prepared(v6, v7))).toMatchObject({ reason: "abi-mismatch", revision: "v6" });
  });

  it("that cannot be taken out, written or decoded are a failure", async () => {
    const failure = { reason: "unsupported", what: "this", detail: "so" } as const;
    const vmlinux = kernelFile();
    const broken: KernelReader = { ...readerOf(withInterface), btf: async () => err(failure) };
    const request = requestFor({ vmlinux });
    expect(expectFailure(await prepared(request, contextWith({ sharing: { kernels: broken } })))).toEqual(
      failure,
    );
    const undecoded = readerOf(async () => err(failure));
    const decoding = await prepared(request, contextWith({ sharing: { kernels: undecoded } }));
    expect(expectFailure(decoding)).toEqual({ ...failure, file: vmlinux });
    const nowhere = requestFor({ vmlinux }, { out: join(vmlinux, "no folder") });
    const writing = await prepared(nowhere, contextWith({ sharing: { kernels: readerOf(withInterface) } }));
    expect(expectFailure(writing)).toMatchObject({ reason: "file-failed" });
  });
});

describe("a vmlinux.h of the user's", () => {
  const header = (text: string) => {
    const file = join(newFolder(), "own.h");
    writeFileSync(file, text);
    return file;
  };

  it("stands for the kernel: the interface is there or not, the revision is for the user to say", async () => {
    for (const [text, abi, found] of [
      ["struct kexec_context {\n};\n", "auto", { revision: "v7", source: "target", missing: [] }],
      ["struct kexec_context {\n};\n", "v6", { revision: "v6", source: "target", missing: [] }],
      ["struct kexec_context;\n", "auto", { revision: "v7", source: "built-in" }],
    ] as const) {
      const vmlinuxHeader = header(text);
      const context = contextWith();
      const types = expectValue(await prepared(requestFor({ vmlinuxHeader }, { abi }), context));
      expect(types).toMatchObject({
        ...{ source: { kind: "header", file: vmlinuxHeader }, abi: found, watched: [vmlinuxHeader] },
        ...{ identity: {}, vmlinux: undefined },
      });
      expect(types.abi.missing).toEqual(types.abi.source === "target" ? [] : ["struct kexec_context"]);
      expect(context.heard.notes).toHaveLength(1);
    }
    const none = requestFor({ vmlinuxHeader: "/none.h" });
    expect(expectFailure(await prepared(none, contextWith()))).toMatchObject({ reason: "file-failed" });
  });

  it("beside a kernel is what is compiled against; the kernel says the rest", async () => {
    const [vmlinux, vmlinuxHeader] = [kernelFile(), header("")];
    const context = contextWith({ sharing: { kernels: readerOf(withInterface) } });
    expect(expectValue(await prepared(requestFor({ vmlinux, vmlinuxHeader }), context))).toMatchObject({
      ...{ source: { kind: "header", file: vmlinuxHeader }, vmlinux, identity: { release: "6.12" } },
      abi: { source: "target" },
    });
  });
});
