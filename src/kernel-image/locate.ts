import { statSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import type { Architecture } from "./architecture.ts";

export type Places = {
  readonly out: string;
  /** `KBUILD_OUTPUT`: where an out-of-tree kernel build left its files. */
  readonly kbuildOutput: string | undefined;
  readonly tree: string | undefined;
};

/** A path that was looked for, with what became of it: only files count, and absent ones matter too. */
export type Located = { readonly path: string; readonly passed: readonly string[] };

/** The running kernel's own places; tests have others. */
const SYSTEM_BTF = "/sys/kernel/btf/vmlinux";
const BOOT = "/boot";

/** Where `vmlinux` is looked for, in order (docs/spec.md, "Conventions"). */
export function vmlinuxCandidates(places: Places): readonly string[] {
  return [
    join(places.out, "vmlinux"),
    ...(places.kbuildOutput === undefined ? [] : [join(places.kbuildOutput, "vmlinux")]),
    ...(places.tree === undefined ? [] : [join(places.tree, "vmlinux")]),
    ...runningKernel(),
  ];
}

/** Where the running kernel's types are looked for, in order. */
export function runningKernel(): readonly string[] {
  return [SYSTEM_BTF, join(BOOT, `vmlinux-${release()}`), join(BOOT, `vmlinuz-${release()}`)];
}

/**
 * Where the kernel image is looked for: the uncompressed one first, whose size is there to be seen.
 * Only O and build trees are searched, for nothing says that the running kernel is the one to be loaded.
 */
export function imageCandidates(places: Places, arch: Architecture): readonly string[] {
  const names =
    arch === "x86" ? ["bzImage"] : ["vmlinux.bin", "Image", "vmlinux.efi", "vmlinuz.efi", "Image.gz"];
  return [places.out, places.kbuildOutput, places.tree]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => names.map((name) => join(folder, "arch", arch, "boot", name)));
}

/** The first candidate that is a file. Errors: `input-not-found`, naming them all. */
export async function locate(
  what: string,
  candidates: readonly string[],
  hint: string,
): Promise<Result<Located>> {
  const passed: string[] = [];
  for (const path of candidates) {
    if (isFile(path)) return ok({ path, passed });
    passed.push(path);
  }
  return err({ reason: "input-not-found", what, tried: candidates, hint });
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
