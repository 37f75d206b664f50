import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { cli } from "../support/cli.ts";
import { type KernelTree, kernelTree, newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel } from "../support/real-inputs.ts";
import { CLANGS, installed } from "./judges.ts";

const CLANG = CLANGS.find(installed) ?? "clang";

let tree: KernelTree;
let image: string;
beforeAll(() => {
  tree = kernelTree();
  image = join(tree.root, "arch/arm64/boot/Image");
});

const build = (words: readonly string[], cwd: string) => cli(["build", ...words, "--clang", CLANG], { cwd });

describe("a build that fails before it makes anything", () => {
  it("for an unknown goal says so before a missing image, by exit status 2, and leaves nothing", async () => {
    const cwd = newFolder();
    const { status, stderr } = await build(["nosuch", "--image", "/nonexistent"], cwd);
    expect({ status, first: stderr.split("\n")[0] }).toEqual({
      status: 2,
      first: "kexec-bpf: no rule to make 'nosuch'",
    });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("for an unknown goal of make leaves nothing", async () => {
    const cwd = newFolder();
    const { status } = await cli(["make", "frob", `VMLINUX_BTF=${tree.vmlinux}`, "MAX_KERNEL=32M"], { cwd });
    expect(status).toBe(2);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("for a missing image leaves no folder either", async () => {
    const cwd = newFolder();
    const { status } = await build(["--vmlinux", tree.vmlinux, "--image", "/nonexistent"], cwd);
    expect(status).toBe(1);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("leaves the state of an earlier one alone", async () => {
    const cwd = newFolder();
    const words = ["image_size.h", "--vmlinux", tree.vmlinux, "--max-kernel", "32M"];
    expect((await build(words, cwd)).status).toBe(0);
    expect((await build(["nosuch"], cwd)).status).toBe(2);
    expect((await build([...words, "--image", "/nonexistent"], cwd)).status).toBe(1);
    expect(existsSync(join(cwd, "out/.kexec-bpf/state.json"))).toBe(true);
  });

  it("for a folder of targets that is not there names it", async () => {
    const { status, stderr } = await build(["--targets", "/nonexistent"], newFolder());
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "kexec-bpf: /nonexistent: cannot read: no such file or folder (ENOENT)\n",
    });
  });
});

describe("a build warns", () => {
  const warnings = (stderr: string) => stderr.split("\n").filter((line) => line.includes("warning"));

  it("of types of another machine than the image's, and than --arch", async () => {
    const { vmlinux } = amd64Kernel();
    const words = ["image_size.h", "--vmlinux", vmlinux];
    const text = `kexec-bpf: warning: the types of ${vmlinux} are x86's, the build is for arm64`;
    const withImage = await build([...words, "--image", image], newFolder());
    expect(warnings(withImage.stderr)).toEqual([text]);
    const withArch = await build([...words, "--arch", "arm64", "--max-kernel", "32M"], newFolder());
    expect(warnings(withArch.stderr)).toEqual([text]);
    const same = await build([...words, "--arch", "x86", "--max-kernel", "32M"], newFolder());
    expect(warnings(same.stderr)).toEqual([]);
  });

  it("of a --max-kernel below the image that it measured", async () => {
    const words = ["image_size.h", "--kernel-tree", tree.root, "--image", image, "--arch", "arm64"];
    const { status, stderr } = await build([...words, "--max-kernel", "1M"], newFolder());
    expect(status).toBe(0);
    expect(warnings(stderr).join()).toContain("the largest kernel is to be 1048576 bytes: ");
    expect(
      warnings((await build([...words, "--max-kernel", "1G"], newFolder())).stderr).join(),
    ).not.toContain("largest kernel");
  });
});

it("a type that only another target wants is no reason to fail, and the one that wants it is named", async () => {
  const targets = newFolder("targets");
  const parts = { v6: { kernel: "COPY" }, v7: { kernel: "COPY" } };
  const description = {
    description: "d",
    body: { v6: "odd", v7: "odd" },
    parts,
    types: ["struct of_another_kernel"],
  };
  write(join(targets, "odd.json"), JSON.stringify(description));
  write(join(targets, "odd.hbs"), "struct scratch { struct parts parts; };\n");
  const words = ["--kernel-tree", tree.root, "--arch", "arm64", "--targets", targets];
  expect((await build(["zboot_parser_bpf.o", ...words], newFolder())).status).toBe(0);
  const { status, stderr } = await build(["odd_parser_bpf.o", ...words], newFolder());
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /odd\.json: target odd: "types" asks for what the types of .* lack: struct of_another_kernel/,
  );
});
