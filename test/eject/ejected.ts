import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { CLANGS, installed } from "../build/judges.ts";
import { cliOk, type Outcome } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

/** The clang for what does not depend on its version. */
export const CLANG = CLANGS.find(installed) ?? "clang";

/** A folder that `eject` has just written. */
export async function ejected(...options: readonly string[]): Promise<string> {
  const folder = join(newFolder(), "kexec");
  await cliOk(["eject", folder, ...options], { cwd: newFolder() });
  return folder;
}

/** Runs make there. `environment` is all that it gets beside `PATH`. */
export function make(
  folder: string,
  variables: Readonly<Record<string, string>>,
  goals: readonly string[] = [],
  environment: Readonly<Record<string, string | undefined>> = {},
): Outcome {
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const run = spawnSync("make", ["--no-print-directory", "-C", folder, ...words, ...goals], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...environment },
  });
  return { status: run.status ?? -1, stdout: run.stdout, stderr: run.stderr };
}

/** What the image of a kernel begins with, as far as it is told by that, with zeroes after it up to `size` bytes. */
export function smallImage(arch: "arm64" | "riscv", size: number): string {
  const bytes = Buffer.alloc(size);
  if (arch === "arm64") bytes.writeUInt32LE(0x644d5241, 0x38);
  if (arch === "riscv") bytes.writeUInt32LE(0x05435352, 0x38);
  return write(join(newFolder(), "Image"), bytes);
}
