import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeCpio } from "#guest/cpio.ts";
import type { ZbootCompression } from "#pack/types.ts";
import { cliOk } from "./cli.ts";
import { newFolder } from "./kernel-tree.ts";
import { amd64Kernel, arm64Image, riscv64Image } from "./real-inputs.ts";
import { llvmTool } from "./tools.ts";
import { arm64Maker, makeUki, type Part, x86Maker } from "./uki.ts";

/** A UKI whose kernel boots in QEMU, and says on its console what `cmdline` the UKI has. */
export type BootableUki = { readonly path: string; readonly cmdline: string };

/** Debian's amd64 kernel behind systemd's stub and so many device trees, put there by binutils' objcopy. */
export function x86BootableUki(token: string, deviceTrees = 0): BootableUki {
  const kernel = readFileSync(amd64Kernel().bzImage);
  const before = Array.from({ length: deviceTrees }, () => ({ name: ".dtbauto", data: DEVICE_TREE }));
  return assemble(x86Maker(), kernel, initramfs("gcc"), `console=ttyS0 quiet ${token}`, before);
}

/** No more than its magic number: nobody looks at it here. */
const DEVICE_TREE = Buffer.from("d00dfeed", "hex");

/** Debian's arm64 kernel, as it is or as a zboot image, behind systemd's stub, put there by LLVM's objcopy. */
export async function arm64BootableUki(
  token: string,
  form: "plain" | ZbootCompression = "plain",
): Promise<BootableUki> {
  const kernel = readFileSync(form === "plain" ? arm64Image() : await zboot(arm64Image(), form));
  const maker = arm64Maker(llvmTool("llvm-objcopy"));
  return assemble(maker, kernel, initramfs("aarch64-linux-gnu-gcc"), `console=ttyAMA0 quiet ${token}`);
}

/** Debian 13's riscv64 kernel, a plain Image, without a stub: no linker of Debian 12's makes PE files for it. */
export async function riscv64BootableUki(token: string): Promise<BootableUki> {
  const cwd = newFolder("uki");
  const cmdline = `console=ttyS0 quiet ${token}`;
  writeFileSync(join(cwd, "initrd"), initramfs("riscv64-linux-gnu-gcc"));
  const parts = ["--linux", riscv64Image(), "--initrd", "initrd", "--cmdline", cmdline];
  await cliOk(["pack", "uki", ...parts, "-o", "uki.efi"], { cwd });
  return { path: join(cwd, "uki.efi"), cmdline };
}

async function zboot(image: string, compression: ZbootCompression): Promise<string> {
  const cwd = newFolder("zboot");
  await cliOk(["pack", "zboot", image, "--compress", compression, "-o", "vmlinuz.efi"], { cwd });
  return join(cwd, "vmlinuz.efi");
}

function assemble(
  maker: Parameters<typeof makeUki>[0],
  kernel: Uint8Array,
  initrd: Uint8Array,
  cmdline: string,
  before: readonly Part[] = [],
): BootableUki {
  const parts = { linux: kernel, initrd, cmdline: Buffer.from(`${cmdline}\0`) };
  const sections = Object.entries(parts).map(([name, data]) => ({ name: `.${name}`, data }));
  return { path: makeUki(maker, newFolder("uki"), [...before, ...sections]), cmdline };
}

/** Its init says what kernel and command line it has, and ends the machine. */
export function initramfs(compiler: string): Uint8Array {
  const init = join(newFolder("init"), "init");
  execFileSync(compiler, ["-O2", "-Wall", "-static", "-o", init, "test/fixtures/second-kernel/init.c"]);
  return encodeCpio([{ name: "init", data: readFileSync(init), executable: true }]);
}
