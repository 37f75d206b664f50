import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { alignUp } from "#bytes/align.ts";
import { debianPackage } from "./real-inputs.ts";

export type Part = { readonly name: string; readonly data: Uint8Array };

type Maker = { readonly stub: string; readonly objcopy: string; readonly setsAddresses: boolean };

/** systemd's stub from Debian, unpacked as data by the project's own script. */
function stub(arch: "amd64" | "arm64", name: string): string {
  return join(debianPackage("bookworm", arch, "systemd-boot-efi"), "usr/lib/systemd/boot/efi", name);
}

/** For x86-64 with binutils' objcopy. */
export const x86Maker = (): Maker => ({
  stub: stub("amd64", "linuxx64.efi.stub"),
  objcopy: "objcopy",
  setsAddresses: true,
});

/** For arm64 with LLVM's, which reads PE files of every machine and chooses the addresses itself. */
export const arm64Maker = (objcopy: string): Maker => ({
  stub: stub("arm64", "linuxaa64.efi.stub"),
  objcopy,
  setsAddresses: false,
});

/** Why binutils here cannot write x86-64 PE files; undefined if they can. */
export function noX86Pe(): string | undefined {
  const { stdout } = spawnSync("objcopy", ["--info"], { encoding: "utf8" });
  return stdout?.includes("pei-x86-64") ? undefined : "no objcopy with pei-x86-64";
}

/** Addresses of parts are multiples of this, the first behind the stub's own sections. */
const PLACE = 0x100000;

/**
 * Puts sections behind those of the stub, as distributions did before ukify; names may repeat. Gives the path of
 * the UKI.
 */
export function makeUki(
  { stub: start, objcopy, setsAddresses }: Maker,
  folder: string,
  parts: readonly Part[],
) {
  const uki = join(folder, "uki.efi");
  copyFileSync(start, uki);
  const files = parts.map(({ data }, i) => {
    const file = join(folder, `part-${i}`);
    writeFileSync(file, data);
    return file;
  });
  if (!setsAddresses) {
    const flags = new Set(parts.map(({ name }) => `--set-section-flags=${name}=data,readonly`));
    execFileSync(objcopy, [
      ...parts.map(({ name }, i) => `--add-section=${name}=${files[i]}`),
      ...flags,
      uki,
    ]);
    return uki;
  }
  // Names may repeat only where a section is renamed to them: each has one of its own first.
  let next = PLACE;
  const added = parts.flatMap(({ data }, i) => {
    const address = next;
    next += alignUp(Math.max(data.length, 1), PLACE);
    return [
      `--add-section=.p${i}=${files[i]}`,
      `--set-section-flags=.p${i}=data,readonly`,
      `--change-section-vma=.p${i}=0x${address.toString(16)}`,
    ];
  });
  execFileSync(objcopy, [...added, uki]);
  execFileSync(objcopy, [...parts.map(({ name }, i) => `--rename-section=.p${i}=${name}`), uki]);
  return uki;
}

export type ListedSection = { readonly name: string; readonly size: number };

/** Names and sizes as `objdump -h` has them, in its order; of LLVM's or binutils'. */
export function listedSections(objdump: string, file: string): readonly ListedSection[] {
  const text = execFileSync(objdump, ["-h", file], { encoding: "utf8" });
  return [...text.matchAll(/^ *\d+ (\S+) +([0-9a-f]{8}) /gm)].map(([, name, size]) => ({
    name: name ?? "",
    size: Number.parseInt(size ?? "", 16),
  }));
}
