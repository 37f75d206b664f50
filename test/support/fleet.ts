import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { amd64Kernel, arm64Image } from "./real-inputs.ts";

/** Writes a FLEET.json of three kernels, two of which share most of their work. */
export function writeFleet(folder: string): void {
  const { bzImage, vmlinux } = amd64Kernel();
  const kernels = [
    { name: "amd", btf: vmlinux, image: bzImage },
    { name: "arm", image: arm64Image() },
    { name: "amd-again", btf: vmlinux, image: bzImage },
  ];
  writeFileSync(join(folder, "FLEET.json"), JSON.stringify({ schema: 1, kernels }));
}

/** The SHA-256 of every file of the kernels' folders but the builds' private ones, by its name. */
export function fleetOutputs(out: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const kernel of ["amd", "arm", "amd-again"]) {
    for (const name of namesIn(join(out, kernel))) {
      if (name.startsWith(".")) continue;
      const content = readFileSync(join(out, kernel, name));
      files.set(`${kernel}/${name}`, createHash("sha256").update(content).digest("hex"));
    }
  }
  return files;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
