import { existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { zbootFor } from "../../pack/samples.ts";
import { cli, cliOk, runProgram, start } from "../../support/cli.ts";
import { kernelTree, write } from "../../support/kernel-tree.ts";

const MADE = "  PACK     zboot_image.elf\n  GEN      zboot_image.elf.manifest.json\n";
const GIB = 2 ** 30;

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
  expect(stdout).toBe(MADE);
  await cliOk(["pack", "envelope", kernel, initramfs, "quiet splash", "-o", "packed"], { cwd: kexec });
  const made = readFileSync(join(kexec, "zboot_image.elf"));
  expect(made.equals(readFileSync(join(kexec, "packed")))).toBe(true);
});

test("make zboot_image.elf does nothing twice, and all again for another command line or initramfs", async () => {
  const { kexec, initramfs, envelope } = await tree();
  const make = async (cmdline: string) => (await runProgram(envelope(cmdline), { cwd: kexec })).stdout;
  expect(await make("quiet")).toBe(MADE);
  expect(await make("quiet")).toContain("nothing to be done for 'zboot_image.elf'");
  expect(await make("verbose")).toBe(MADE);
  write(initramfs, "another initramfs");
  expect(await make("verbose")).toBe(MADE);
  expect(readFileSync(join(kexec, "zboot_image.elf")).includes("another initramfs")).toBe(true);
  await cliOk(["make", "clean"], { cwd: kexec });
  for (const name of ["zboot_image.elf", "zboot_image.elf.manifest.json"]) {
    expect(existsSync(join(kexec, name))).toBe(false);
  }
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

test("make zboot_image.elf leaves a manifest, which checks, and whose command makes the same envelope", async () => {
  const { kexec, initramfs, envelope } = await tree();
  await cliOk(envelope("-- quiet"), { cwd: kexec });
  const check = () => cli(["check", "zboot_image.elf.manifest.json", "--inputs"], { cwd: kexec });
  const { status, stdout } = await check();
  expect(status).toBe(0);
  expect(stdout.match(/\S+$/gm)).toEqual([
    ...["file", "zboot_image.elf", "../../arch/arm64/boot/vmlinuz.efi", "../../initramfs"],
  ]);
  const text = readFileSync(join(kexec, "zboot_image.elf.manifest.json"), "utf8");
  const { command } = JSON.parse(text).predicate.buildDefinition.externalParameters;
  const made = readFileSync(join(kexec, "zboot_image.elf"));
  await cliOk(command.slice(1), { cwd: kexec });
  expect(readFileSync(join(kexec, "zboot_image.elf")).equals(made)).toBe(true);
  write(initramfs, "another");
  expect((await check()).stdout).toMatch(/^input +changed +\.\.\/\.\.\/initramfs$/m);
});

/** A hole: more than any machine reads or copies before the signal arrives. */
test.each([
  { signal: "SIGINT", status: 130, size: 32 * GIB, when: "is hashed", begun: /^bpf_helper_defs\.h$/ },
  { signal: "SIGTERM", status: 143, size: GIB / 2, when: "is copied", begun: /^\.zboot_image\.elf\.\d+-/ },
] as const)("$signal while the initramfs of make zboot_image.elf $when ends it at once", async (given) => {
  const { kexec, initramfs, envelope } = await tree();
  const old = write(join(kexec, "zboot_image.elf"), "old");
  truncateSync(initramfs, given.size);
  const names = () =>
    readdirSync(kexec, { recursive: true, encoding: "utf8" }).map((name) => name.split("/").at(-1) ?? "");
  const running = start([...envelope("quiet"), "bpf_helper_defs.h"], { cwd: kexec });
  let over = false;
  const ended = running.ended.finally(() => {
    over = true;
  });
  while (!over && !names().some((name) => given.begun.test(name))) await sleep(1);
  running.kill(given.signal);
  const { status, stderr } = await ended;
  expect([status, stderr]).toEqual([
    given.status,
    expect.stringContaining(`kexec-bpf: cancelled (${given.signal})\n`),
  ]);
  expect(readFileSync(old, "utf8")).toBe("old");
  expect(names().filter((name) => name.endsWith(".kexec-bpf"))).toEqual([".kexec-bpf"]);
});
