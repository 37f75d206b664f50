import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { Verification } from "#core/verification.ts";
import { encodeEnvelope } from "#formats/envelope/encode.ts";
import { cliOk } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { extent } from "../support/extent.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel, arm64Image, loong64Zboot } from "../support/real-inputs.ts";
import { llvmTool, missingTool } from "../support/tools.ts";
import { arm64Maker, makeUki, noX86Pe, x86Maker } from "../support/uki.ts";
import { encodeUki } from "../support/uki-encoder.ts";
import { encodeZbootImage } from "../support/zboot-image.ts";

const EM_AARCH64 = 183;
const COMPRESSIONS = ["gzip", "lz4", "lzma", "lzo", "xzkern", "zstd"] as const;
/** As much of a kernel as shows that a compression is taken apart: header and code. Some of them are slow. */
const SOME = extent(1 << 20, 4 << 20);
/** More of it for one, or all. */
const MORE = extent(8 << 20, 1 << 30);
const OBJCOPY = llvmTool("llvm-objcopy");

/** The parsers' containers of both revisions, and the folder of images. */
const built = new Map<Revision, string>();
const images = newFolder("images");

beforeAll(async () => {
  const from = ["--image", arm64Image(), "--vmlinux", amd64Kernel().vmlinux, "--max-kernel", "64M"];
  for (const abi of REVISIONS) {
    const out = newFolder(abi);
    await cliOk(["build", ...from, "--abi", abi, "-o", out], { cwd: out });
    built.set(abi, out);
  }
  copyFileSync(loong64Zboot(), join(images, "loong64.efi"));
  const kernel = readFileSync(arm64Image());
  for (const compression of COMPRESSIONS) {
    // More of it once, for zstd, in which it goes on into a UKI and the envelopes.
    const image = kernel.subarray(0, compression === "zstd" ? MORE : SOME);
    const zboot = expectValue(await encodeZbootImage({ arch: "arm64", compression, image }));
    write(join(images, `arm64-${compression}.efi`), zboot);
  }
  const zboot = readFileSync(join(images, "arm64-zstd.efi"));
  const [initrd, cmdline] = [kernel.subarray(0, 5 << 20), Buffer.from("console=ttyAMA0")];
  write(
    join(images, "envelope.elf"),
    encodeEnvelope({ machine: EM_AARCH64, kernel: zboot, initrd, cmdline }),
  );
  write(join(images, "bare-envelope.elf"), encodeEnvelope({ machine: EM_AARCH64, kernel: zboot }));
  for (const [arch, linux] of [
    ["arm64", zboot],
    ["x86", readFileSync(amd64Kernel().bzImage)],
  ] as const) {
    const uki = expectValue(
      encodeUki({
        arch,
        sections: [
          { name: ".osrel", data: Buffer.from("ID=debian\n") },
          ...[
            { name: ".linux", data: linux },
            { name: ".initrd", data: initrd },
            { name: ".cmdline", data: cmdline },
          ],
          ...[
            { name: ".profile", data: Buffer.from("ID=main\n") },
            { name: ".cmdline", data: Buffer.from("quiet") },
            { name: ".profile", data: Buffer.from("ID=rescue\n") },
            { name: ".cmdline", data: Buffer.from("single") },
          ],
        ],
      }),
    );
    write(join(images, `${arch}-uki.efi`), uki);
  }
});

async function verify(revision: Revision, folder: string, ...more: readonly string[]): Promise<Verification> {
  const cwd = built.get(revision) ?? "";
  const parsers = ["zboot.bpf", "uki.bpf"];
  const options = ["--image", folder, "--abi", revision, "--json", ...more];
  return JSON.parse((await cliOk(["verify", ...parsers, ...options], { cwd })).stdout) as Verification;
}

/** `arm64-uki.efi: COPY/KERNEL FILL, …` of one of the parsers, for the images that it takes. */
function taken({ verdicts }: Verification, parser: string): readonly string[] {
  return verdicts
    .filter((verdict) => verdict.parser === parser && verdict.commands.length > 0)
    .map(
      ({ image, commands }) => `${image.split("/").at(-1)}: ${commands.map(({ title }) => title).join(", ")}`,
    );
}

describe.each(REVISIONS)("from their %s containers, on real images, the parsers", (revision) => {
  const [done, fill] = revision === "v7" ? [", DONE", " FILL"] : ["", ""];
  const zboots = [...COMPRESSIONS.map((name) => `arm64-${name}.efi`), "loong64.efi"].map(
    (file) => `${file}: DECOMPRESS/KERNEL${done}`,
  );

  it("send what the reference parsers expect, on every fault path", async () => {
    const verification = await verify(revision, images);
    for (const { parser, image, findings, faultPaths, ok } of verification.verdicts) {
      expect(findings, `${parser} on ${image}`).toEqual([]);
      expect(ok).toBe(true);
      expect(faultPaths.passed).toBe(faultPaths.run);
      expect(faultPaths.run).toBeGreaterThanOrEqual(3);
    }
    const envelopes = [
      "bare-envelope.elf: DECOMPRESS/KERNEL, COPY/CMDLINE, DONE",
      "envelope.elf: DECOMPRESS/KERNEL, COPY/INITRD, COPY/CMDLINE, DONE",
    ];
    const ofZboot = revision === "v7" ? [...zboots, ...envelopes].sort() : zboots;
    expect(taken(verification, "zboot.bpf")).toEqual(ofZboot);
    expect(
      taken(verification, revision === "v7" ? "uki.bpf .bpf.nested/.bpf.1" : "uki.bpf .bpf.nested"),
    ).toEqual(ofZboot);
    expect(taken(verification, "uki.bpf")).toEqual(
      ["arm64-uki.efi", "x86-uki.efi"].map(
        (file) => `${file}: COPY/KERNEL${fill}, COPY/INITRD, COPY/CMDLINE${done}`,
      ),
    );
  });

  it("have the effect on the kernel that the reference parsers' streams have", async () => {
    const { verdicts, comparison } = await verify(revision, images, "--effect", "--no-fault-paths");
    expect(comparison).toBe("effect");
    expect(verdicts.filter(({ ok }) => !ok)).toEqual([]);
  });

  const x86 = noX86Pe();
  it.skipIf(x86 !== undefined)(`take an x86 UKI with systemd's stub (${x86 ?? "objcopy"})`, async () => {
    await takesStubbed(revision, x86Maker());
  });

  const arm64 = missingTool(OBJCOPY);
  it.skipIf(arm64 !== undefined)(`take an arm64 UKI with systemd's stub (${arm64 ?? OBJCOPY})`, async () => {
    await takesStubbed(revision, arm64Maker(OBJCOPY));
  });
});

/** A UKI as distributions made them before ukify: the stub's own sections go before ours. */
async function takesStubbed(revision: Revision, maker: Parameters<typeof makeUki>[0]): Promise<void> {
  const folder = newFolder("stubbed");
  const kernel = readFileSync(arm64Image()).subarray(0, 1 << 20);
  const uki = makeUki(maker, folder, [
    { name: ".cmdline", data: Buffer.from("quiet") },
    { name: ".initrd", data: kernel.subarray(0, 70_001) },
    { name: ".linux", data: kernel },
  ]);
  const verification = await verify(revision, uki);
  expect(verification.verdicts.flatMap(({ findings }) => findings)).toEqual([]);
  expect(taken(verification, "uki.bpf")).toHaveLength(1);
}
