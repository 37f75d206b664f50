import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeCpio } from "#kernel-vm/cpio.ts";
import { cliOk } from "./cli.ts";
import { newFolder } from "./kernel-tree.ts";
import { amd64Kernel, arm64Image } from "./real-inputs.ts";
import { llvmTool } from "./tools.ts";
import { arm64Maker, makeUki, x86Maker } from "./uki.ts";

/** A UKI whose kernel boots in QEMU, and says on its console what `cmdline` the UKI has. */
export type BootableUki = { readonly path: string; readonly cmdline: string };

/** Debian's amd64 kernel behind systemd's stub, put there by binutils' objcopy. */
export function x86BootableUki(token: string): BootableUki {
  const kernel = readFileSync(amd64Kernel().bzImage);
  return assemble(x86Maker(), kernel, initramfs("gcc"), `console=ttyS0 quiet ${token}`);
}

/** Debian's arm64 kernel as a zboot image of gzip, behind systemd's stub, put there by LLVM's objcopy. */
export async function arm64BootableUki(token: string): Promise<BootableUki> {
  const cwd = newFolder("zboot");
  await cliOk(["pack", "zboot", arm64Image(), "--compress", "gzip", "-o", "vmlinuz.efi"], { cwd });
  const kernel = readFileSync(join(cwd, "vmlinuz.efi"));
  const maker = arm64Maker(llvmTool("llvm-objcopy"));
  return assemble(maker, kernel, initramfs("aarch64-linux-gnu-gcc"), `console=ttyAMA0 quiet ${token}`);
}

function assemble(
  maker: Parameters<typeof makeUki>[0],
  kernel: Uint8Array,
  initrd: Uint8Array,
  cmdline: string,
): BootableUki {
  const parts = { linux: kernel, initrd, cmdline: Buffer.from(`${cmdline}\0`) };
  const sections = Object.entries(parts).map(([name, data]) => ({ name: `.${name}`, data }));
  return { path: makeUki(maker, newFolder("uki"), sections), cmdline };
}

function initramfs(compiler: string): Uint8Array {
  const init = join(newFolder("init"), "init");
  execFileSync(compiler, ["-O2", "-Wall", "-static", "-o", init, "test/fixtures/second-kernel/init.c"]);
  return encodeCpio([{ name: "init", data: readFileSync(init), executable: true }]);
}
