import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sharedText } from "./shared.ts";

/**
 * Real kernels and headers from Debian's archive, fetched by the project's own script and cached
 * outside the checkout. The first test that asks for one waits for the download; each look costs a part of a second.
 */
export function debianPackage(...words: readonly string[]): string {
  return sharedText(["debian-package", ...words].join(" "), () =>
    execFileSync("scripts/debian-package", words, { encoding: "utf8" }).trim(),
  );
}

/** The one file in a folder whose name matches. */
function only(folder: string, name: RegExp): string {
  const found = readdirSync(folder).filter((entry) => name.test(entry));
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${folder}: ${found.length} files match ${name}`);
  }
  return join(folder, found[0]);
}

/** An uncompressed arm64 Image. */
export function arm64Image(): string {
  return only(join(debianPackage("bookworm", "arm64", "linux-image-cloud-arm64"), "boot"), /^vmlinuz-/);
}

/** An uncompressed riscv64 Image. */
export function riscv64Image(): string {
  return only(join(debianPackage("trixie", "riscv64", "linux-image-riscv64"), "boot"), /^vmlinux-/);
}

/** An x86 bzImage (6.12 or newer) and the vmlinux with the BTF of the same build. */
export function amd64Kernel(): { readonly bzImage: string; readonly vmlinux: string } {
  const image = debianPackage("bookworm-backports", "amd64", "linux-image-cloud-amd64");
  const headers = debianPackage("bookworm-backports", "amd64", "linux-headers-cloud-amd64");
  return {
    bzImage: only(join(image, "boot"), /^vmlinuz-/),
    vmlinux: join(only(join(headers, "usr/src"), /^linux-headers-.*-cloud-amd64$/), "vmlinux"),
  };
}

/** A loong64 zboot image (zstd). */
export function loong64Zboot(): string {
  const modules = join(debianPackage("sid", "loong64", "linux-image-loong64"), "usr/lib/modules");
  return join(only(modules, /./), "vmlinuz");
}

/** The kernel's own scripts/sign-file, built by Debian for this machine. */
export function signFileTool(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const kbuild = debianPackage("bookworm", arch, `linux-headers-${arch}`, "--depends-on", "linux-kbuild-.*");
  return join(only(join(kbuild, "usr/lib"), /^linux-kbuild-/), "scripts/sign-file");
}

/** A folder of openssl's modules with the provider for PKCS#11 tokens and nothing else. */
export function pkcs11Modules(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const provider = debianPackage("bookworm-backports", arch, "pkcs11-provider");
  return join(only(join(provider, "usr/lib"), /-linux-gnu$/), "ossl-modules");
}

/** The BPF objects that libbpf-tools' programs carry inside, by the program's name. */
export function libbpfToolsObjects(): ReadonlyMap<string, Uint8Array> {
  const folder = join(debianPackage("bookworm", "amd64", "libbpf-tools"), "usr/sbin");
  const objects = new Map<string, Uint8Array>();
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())) {
    const object = embeddedObject(readFileSync(join(folder, name)));
    if (object !== undefined) objects.set(name, object);
  }
  return objects;
}

/** The first ELF file for BPF (e_machine 247) within a file, up to the end of its section headers, which stand last. */
function embeddedObject(file: Buffer): Uint8Array | undefined {
  for (let at = file.indexOf("\x7fELF", 1); at >= 0; at = file.indexOf("\x7fELF", at + 1)) {
    if (at + 64 > file.length || file.readUInt16LE(at + 18) !== 247) continue;
    const headers = Number(file.readBigUInt64LE(at + 40));
    return file.subarray(at, at + headers + file.readUInt16LE(at + 58) * file.readUInt16LE(at + 60));
  }
  return undefined;
}
