import { resolve } from "node:path";
import { VERSION } from "#api/version.ts";

/** Variables that change what a build does. PATH is among them: it decides which tools are found. */
export const VARIABLES = [
  "ABI",
  "ARCH",
  "BPFTOOL",
  "CLANG",
  "CMDLINE",
  "CROSS_COMPILE",
  "EFI_IMAGE",
  "HOME",
  "INITRAMFS",
  "KBUILD_OUTPUT",
  "KERNEL_IMAGE",
  "KEXEC_BPF_CACHE",
  "LD_LIBRARY_PATH",
  "LIBBPF_HEADERS",
  "LLVM",
  "MAX_INITRD",
  "MAX_KERNEL",
  "O",
  "PATH",
  "SOURCE_DATE_EPOCH",
  "TARGETS",
  "V",
  "VMLINUX_BTF",
  "VMLINUX_H",
  "XDG_CACHE_HOME",
  "srctree",
] as const;

/** Names a request: two runs with the same key ask for the same. */
export function requestKey(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  return JSON.stringify([VERSION, cwd, argv, VARIABLES.map((name) => env[name] ?? null)]);
}

/** Where `build` puts its outputs when it is not told. */
export const DEFAULT_OUT = "out";

/**
 * The output folder that the arguments of `make` or `build` name. It is enough to look for a
 * remembered request there: the key has all arguments.
 */
export function outputFolder(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  if (argv[0] === "make") {
    const word = argv.findLast((argument) => argument.startsWith("O="))?.slice(2) ?? env["O"];
    const folders = argv.filter((_argument, index) => argv[index - 1] === "-C");
    return word === undefined || word === "" ? resolve(cwd, ...folders) : resolve(cwd, word);
  }
  const index = argv.findLastIndex((argument) => argument === "-o" || argument === "--output");
  const joined = argv.findLast((argument) => argument.startsWith("--output="));
  return resolve(cwd, (index < 0 ? joined?.slice("--output=".length) : argv[index + 1]) ?? DEFAULT_OUT);
}
