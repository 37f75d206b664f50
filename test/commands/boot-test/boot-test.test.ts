import { renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLANGS, installed } from "../../build/judges.ts";
import { INTERFACES, kernelBtf } from "../../build/kernel-with-interface.ts";
import { cli } from "../../support/cli.ts";
import { buildElf } from "../../support/elf-builder.ts";
import { newFolder, script, write } from "../../support/kernel-tree.ts";

const cwd = newFolder("boot-test");
const path = newFolder("path");
write(join(cwd, "a.bpf"), buildElf([{ name: ".bpf.1", data: Buffer.from("program") }]).bytes);
write(join(cwd, "uki.efi"), "image");
/** No tools but those that a test makes, and no cache. */
const BARE = { cwd, env: { PATH: path, KEXEC_BPF_CACHE: newFolder("cache") } };

describe("boot-test", () => {
  it.each([
    [["a.bpf"], "image is missing"],
    [["a.bpf", "uki.efi", "--kernel", "bzImage"], "--kernel needs --headers"],
    [["a.bpf", "uki.efi", "--headers", "build"], "--headers needs --kernel"],
    [
      ["a.bpf", "uki.efi", "--kernel", "bzImage", "--headers", "build", "--deb", "sid"],
      "--kernel and --deb exclude each other",
    ],
    [["a.bpf", "uki.efi", "--timeout", "0"], "--timeout 0: from 1 to 86400 is possible (a number)"],
  ])("refuses the words %j", async (words, why) => {
    const { status, stderr, stdout } = await cli(["boot-test", ...words], BARE);
    expect(stderr).toBe(`kexec-bpf: ${why}\nkexec-bpf --help shows what there is\n`);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("says what is wrong with a container before it looks for QEMU", async () => {
    const { status, stderr } = await cli(["boot-test", "uki.efi", "uki.efi"], BARE);
    expect(stderr).toMatch(/^kexec-bpf: .*uki\.efi: /);
    expect(status).toBe(1);
  });

  it.each([
    ["x86", "qemu-system-x86_64", "--kernel-vm"],
    ["arm64", "qemu-system-aarch64", "--kernel-vm-arm64"],
    ["riscv", "qemu-system-riscv64", "--kernel-vm-riscv64"],
  ])("says how to get what a guest for %s needs", async (arch, qemu, option) => {
    const { status, stderr } = await cli(["boot-test", "a.bpf", "uki.efi", "--arch", arch], BARE);
    expect(stderr).toMatch(
      new RegExp(
        `^kexec-bpf: ${qemu} not found\n(?:.*\n)* {2}to mend it: .*(?:scripts/setup ${option}|install .*qemu-system-\\S+)\n$`,
      ),
    );
    expect(status).toBe(3);
  });

  it("refuses a kernel that has v6 itself, whose loader takes no container", async () => {
    script(join(path, "qemu-system-x86_64"), "echo 'QEMU emulator version 10.0.2'");
    renameSync(kernelBtf(CLANGS.find(installed) ?? "clang", INTERFACES.v6), join(cwd, "vmlinux"));
    const words = ["boot-test", "a.bpf", "uki.efi", "--kernel", "bzImage", "--headers", "."];
    const { status, stderr } = await cli(words, BARE);
    expect(stderr).toBe(
      `kexec-bpf: ${join(cwd, "bzImage")}: a boot by a container's parsers is not supported: it has kexec_image_parser_anchor() of v6 itself, and its loader takes a parser from the image only\n`,
    );
    expect(status).toBe(1);
  });

  it("has arm64 kernels of this machine's own release only", async () => {
    script(join(path, "qemu-system-aarch64"), "echo 'QEMU emulator version 10.0.2'");
    const words = ["boot-test", "a.bpf", "uki.efi", "--arch", "arm64", "--deb", "another", "--json"];
    const { status, stdout, stderr } = await cli(words, BARE);
    const text =
      "a kernel of another is not supported: modules for arm64 are built with this machine's release of Debian only";
    expect(stderr).toBe(`kexec-bpf: ${text}\n`);
    expect(JSON.parse(stdout)).toMatchObject({
      passed: false,
      error: { reason: "unsupported", message: text },
    });
    expect(status).toBe(1);
  });
});
