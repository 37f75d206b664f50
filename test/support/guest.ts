import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "#toolchain/settings.ts";
import type { BootableUki } from "./bootable-uki.ts";
import { cli, cliOk, type Outcome } from "./cli.ts";
import { newFolder, write } from "./kernel-tree.ts";
import { missingTool } from "./tools.ts";

/** A guest that is emulated on a busy machine takes its time. Milliseconds. */
export const PATIENCE = 900_000;

/** Kernels, QEMU and what was built once are in the user's cache. */
export const ENV = { KEXEC_BPF_CACHE: cacheFolder(process.env) };

/** Why no guest can run in this QEMU here; undefined if one can. */
export function noGuest(qemu: string, ...tools: readonly string[]): string | undefined {
  if (process.arch !== "x64") return "not an x86 machine";
  const unpacked = existsSync(join(ENV.KEXEC_BPF_CACHE, "tools/qemu/usr/bin", qemu));
  return missingTool("make", "gcc", "pahole", ...tools) ?? (unpacked ? undefined : missingTool(qemu));
}

/** Builds parsers for a UKI as a user does; gives their folder. */
export async function buildParsers({ path }: BootableUki, ...words: readonly string[]): Promise<string> {
  const cwd = newFolder("parsers");
  await cliOk(["build", ...words, "--image", path, "-o", "."], { cwd });
  return cwd;
}

export function bootTest(cwd: string, ...words: readonly string[]): Promise<Outcome> {
  return cli(["boot-test", ...words], { cwd, env: ENV });
}

/** A target that no one should ship; `locate` is its function's body. */
export type WrongTarget = { readonly kernel?: "COPY" | "DECOMPRESS"; readonly locate: string };

/** Wrong targets in a folder, by name. */
export function makeTargets(targets: Readonly<Record<string, WrongTarget>>): string {
  const folder = newFolder("targets");
  const head = "static __always_inline bool locate(const struct image *image, struct scratch *scratch)";
  for (const [name, { kernel = "COPY", locate }] of Object.entries(targets)) {
    const parts = { v6: { kernel }, v7: { kernel } };
    const target = { description: "is wrong", body: { v6: name, v7: name }, parts };
    write(join(folder, `${name}.json`), JSON.stringify(target));
    write(
      join(folder, `${name}.hbs`),
      `struct scratch {\n\tstruct parts parts;\n};\n\n${head}\n{\n\t${locate}\n\treturn true;\n}\n`,
    );
  }
  return folder;
}

/** For the verifier: a size from memory that it was not to read, without a bound. */
export const REFUSED: WrongTarget = {
  locate: "scratch->parts.kernel.size = *(const volatile char *)image->data;",
};

/** Targets that take the beginning of the image for the kernel. */
export function wrongTargets(): string {
  const locate = "scratch->parts.kernel.size = 4096;";
  return makeTargets({
    decompresses: { kernel: "DECOMPRESS", locate },
    kernel_only: { locate },
    refused: REFUSED,
  });
}
