import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { zbootFor } from "../pack/samples.ts";
import { cli, cliOk, runProgram } from "../support/cli.ts";
import { kernelTree, write } from "../support/kernel-tree.ts";

async function tree() {
  const { root, kexec } = kernelTree();
  const kernel = write(join(root, "arch/arm64/boot/vmlinuz.efi"), await zbootFor("arm64"));
  const initramfs = write(join(root, "initramfs"), "an initramfs");
  const envelope = (cmdline: string): readonly string[] => [
    ...["make", "zboot_image.elf", "ARCH=arm64", `INITRAMFS=${initramfs}`, `CMDLINE=${cmdline}`],
  ];
  return { root, kexec, kernel, initramfs, envelope };
}

test("make zboot_image.elf packs the tree's vmlinuz.efi with INITRAMFS and CMDLINE, as pack envelope does", async () => {
  const { kexec, kernel, initramfs, envelope } = await tree();
  const { stdout } = await cliOk(envelope("quiet splash"), { cwd: kexec });
  expect(stdout).toBe("  PACK     zboot_image.elf\n");
  await cliOk(["pack", "envelope", kernel, initramfs, "quiet splash", "-o", "packed"], { cwd: kexec });
  const made = readFileSync(join(kexec, "zboot_image.elf"));
  expect(made.equals(readFileSync(join(kexec, "packed")))).toBe(true);
});

test("make zboot_image.elf does nothing twice, and all again for another command line or initramfs", async () => {
  const { kexec, initramfs, envelope } = await tree();
  const make = async (cmdline: string) => (await runProgram(envelope(cmdline), { cwd: kexec })).stdout;
  expect(await make("quiet")).toBe("  PACK     zboot_image.elf\n");
  expect(await make("quiet")).toContain("nothing to be done for 'zboot_image.elf'");
  expect(await make("verbose")).toBe("  PACK     zboot_image.elf\n");
  write(initramfs, "another initramfs");
  expect(await make("verbose")).toBe("  PACK     zboot_image.elf\n");
  expect(readFileSync(join(kexec, "zboot_image.elf")).includes("another initramfs")).toBe(true);
  await cliOk(["make", "clean"], { cwd: kexec });
  expect(() => readFileSync(join(kexec, "zboot_image.elf"))).toThrow("ENOENT");
});

test("make zboot_image.elf without INITRAMFS is an error that says what to give; an empty one is said", async () => {
  const { kexec, initramfs, envelope } = await tree();
  const { status, stderr } = await cli(["make", "zboot_image.elf", "ARCH=arm64"], { cwd: kexec });
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining("the initramfs not found: give it by INITRAMFS="),
  ]);
  write(initramfs, "");
  expect((await cliOk(envelope("quiet"), { cwd: kexec })).stderr).toContain("is empty: .initrd will be, too");
});

test("make zboot_image.elf takes EFI_IMAGE, which must be a zboot image", async () => {
  const { root, kexec, envelope } = await tree();
  const other = write(join(root, "other.efi"), await zbootFor("arm64", "zstd"));
  await cliOk([...envelope("quiet"), `EFI_IMAGE=${other}`], { cwd: kexec });
  expect(readFileSync(join(kexec, "zboot_image.elf")).includes(readFileSync(other))).toBe(true);
  const image = join(root, "arch/arm64/boot/Image");
  const { status, stderr } = await cli([...envelope("quiet"), `EFI_IMAGE=${image}`], { cwd: kexec });
  expect([status, stderr]).toEqual([1, expect.stringContaining("no zimg magic")]);
});
