import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CLANGS, installed } from "../../build/judges.ts";
import { INTERFACES, kernelBtf } from "../../build/kernel-with-interface.ts";
import { cliOk } from "../../support/cli.ts";
import { newFolder } from "../../support/kernel-tree.ts";

/** The example's folder, and the module in it. */
export const EXAMPLE = fileURLToPath(new URL("../../../examples/android-boot", import.meta.url));
export const REFERENCE = join(EXAMPLE, "android-boot.mjs");
const CLANG = CLANGS.find(installed) ?? "clang";

type Maker = { readonly bootImage: (parts: object) => Uint8Array };

/** Makes boot images. */
export async function bootImages(): Promise<Maker> {
  return (await import(join(EXAMPLE, "make-image.mjs"))) as Maker;
}

/** Builds the target in `targets`; gives the folder. */
export async function buildAndroidBoot(
  targets: string,
  revision: "v6" | "v7",
  ...more: readonly string[]
): Promise<string> {
  const out = newFolder();
  const limits = more.includes("--image") ? [] : ["--max-kernel", "64K", "--max-initrd", "64K"];
  const words = [
    "--targets",
    targets,
    "--vmlinux",
    kernelBtf(CLANG, INTERFACES[revision]),
    "--arch",
    "arm64",
  ];
  await cliOk(["build", "android_boot", ...words, ...limits, ...more, "-o", out], { cwd: out });
  return out;
}
