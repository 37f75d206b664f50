import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { INTERFACES, kernelBtf } from "../build/kernel-with-interface.ts";
import { cliOk } from "../support/cli.ts";
import { kernelTree, newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel } from "../support/real-inputs.ts";
import { CLANG, ejected, make, smallImage } from "./ejected.ts";

/** What a parser's bytecode goes through, by the names that a build gives. */
const MADE = ["_parser_bpf.lskel.h", "_bytecode.c", "_bytecode.o", ".bpf"];

const KINDS = [
  { abi: "v7", types: "with the interface", arch: "arm64", parsers: ["plain", "uki", "zboot"] },
  { abi: "v7", types: "of a stock kernel", arch: "x86", parsers: ["uki", "zboot"] },
  { abi: "v6", types: "with the interface", arch: "riscv", parsers: ["uki", "zboot"] },
] as const;

describe("an ejected folder makes the bytes of a build (all clangs: scripts/test-eject):", () => {
  it.each(KINDS)("$abi, $arch, types $types", async ({ abi, types, arch, parsers }) => {
    const vmlinux = kernelBtf(CLANG, types === "with the interface" ? INTERFACES[abi] : "");
    const image = arch === "x86" ? amd64Kernel().bzImage : smallImage(arch, 100_000);
    const folder = await ejected("--abi", abi);
    const made = make(folder, { ARCH: arch, CLANG, VMLINUX: vmlinux, KERNEL_IMAGE: image });
    expect(made).toMatchObject({ status: 0, stderr: "" });

    const out = newFolder();
    const from = ["--vmlinux", vmlinux, "--image", image, "--abi", abi, "--arch", arch, "--clang", CLANG];
    await cliOk(["build", ...from, "-o", out], { cwd: out });
    const unnamed = abi === "v6" ? ["bytecode.c", "bytecode.o"] : [];
    const names = [
      "image_size.h",
      ...unnamed,
      ...parsers.flatMap((parser) => MADE.map((end) => parser + end)),
    ];
    for (const name of names) {
      expect(readFileSync(join(folder, name)).equals(readFileSync(join(out, name))), name).toBe(true);
    }
  });
});

describe("an ejected folder", () => {
  it("builds in a kernel tree as tools/kexec, which has no list of helpers ready and needs no Python for one", async () => {
    const { root } = kernelTree({ libbpf: true });
    const place = join(root, "tools/kexec");
    await cliOk(["eject", place], { cwd: root });
    // A PATH with neither Python nor Node.
    const tools = join(newFolder(), "bin");
    mkdirSync(tools);
    const shell = `sh make ${CLANG} bpftool uname mkdir mv rm cmp grep printf echo ld ld.lld as gcc cc`;
    const folders = (process.env["PATH"] ?? "").split(":");
    for (const tool of shell.split(" ")) {
      const found = folders.map((folder) => join(folder, tool)).find((path) => existsSync(path));
      if (found !== undefined) symlinkSync(found, join(tools, tool));
    }
    expect(make(place, { ARCH: "arm64", CLANG }, ["zboot"], { PATH: tools })).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(existsSync(join(place, "zboot.bpf"))).toBe(true);
    const again = make(place, { ARCH: "arm64", CLANG }, ["zboot"], { PATH: tools });
    expect(again).toMatchObject({ status: 0, stdout: expect.not.stringContaining("CLANG") });
    const other = make(place, { ARCH: "riscv", MAX_KERNEL: "1M", CLANG }, ["zboot"], { PATH: tools });
    expect(other).toMatchObject({ status: 0, stdout: expect.stringContaining("CLANG") });
  });

  it("builds a target of the user's own with the others", async () => {
    const targets = newFolder("targets");
    await cliOk(["new-target", "mine", "-o", targets], { cwd: targets });
    const folder = await ejected("--targets", targets);
    const variables = { ARCH: "arm64", VMLINUX: kernelBtf(CLANG, INTERFACES.v7), MAX_KERNEL: "1M", CLANG };
    expect(make(folder, variables, ["mine"])).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(join(folder, "mine.bpf"))).toBe(true);
  });

  it("judges by the image what there is to carry, and refuses what is not an uncompressed one", async () => {
    const folder = await ejected();
    const variables = { ARCH: "arm64", VMLINUX: kernelBtf(CLANG, INTERFACES.v7), CLANG };
    const packed = write(join(newFolder(), "Image.gz"), Buffer.from("1f8b0800", "hex"));
    const refused = make(folder, { ...variables, KERNEL_IMAGE: packed }, ["zboot"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("neither an uncompressed kernel image nor a bzImage");
    expect(existsSync(join(folder, "image_size.h"))).toBe(false);
  });
});
