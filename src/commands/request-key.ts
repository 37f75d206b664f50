import { VERSION } from "#api/common/version.ts";
import { inheritedFlags } from "#api/make/make-flags.ts";
import { makeStartsIn, parseMakeWords } from "#api/make/words.ts";
import { buildFolder } from "./build/output-word.ts";

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
  "HOSTCC",
  "HOSTCFLAGS",
  "INITRAMFS",
  "INITRD_ESTIMATE_SIZE",
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
  const values = VARIABLES.map((name) => env[name] ?? null);
  // What MAKEFLAGS says, not its text: the name of a job server is another each time.
  return JSON.stringify([VERSION, cwd, argv, values, inheritedFlags(env)]);
}

/**
 * The output folder that the words of `make` or `build` name; undefined where they name none. It is enough to look for a
 * remembered request there: the key has all words.
 */
export function outputFolder(
  [command, ...words]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string | undefined {
  if (command === "build") return buildFolder(words, cwd);
  const parsed = parseMakeWords(words);
  return parsed.ok ? makeStartsIn(parsed.value, env, cwd).out : undefined;
}
