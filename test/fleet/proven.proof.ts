import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { FleetReport } from "#fleet/report.ts";
import { cli } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel } from "../support/real-inputs.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/android-boot", import.meta.url));
const BOUND = "!part_inside(&parts->kernel, image->size) || ";

/** Runs a fleet of kernels that differ in what this says. */
async function run(cwd: string, kernels: readonly object[]) {
  const { bzImage, vmlinux } = amd64Kernel();
  const all = kernels.map((one) => ({ btf: vmlinux, image: bzImage, prove: true, ...one }));
  writeFileSync(join(cwd, "FLEET.json"), JSON.stringify({ schema: 1, kernels: all }));
  const { status, stdout, stderr } = await cli(["fleet", "run", "FLEET.json", "-o", "out", "--json"], {
    cwd,
  });
  if (stdout === "") throw new Error(stderr);
  return { status, report: JSON.parse(stdout) as FleetReport };
}

/** A folder with the example's target, without one of its bounds. */
function withoutBound(): string {
  const folder = newFolder("targets");
  cpSync(EXAMPLE, folder, { recursive: true });
  const body = readFileSync(join(EXAMPLE, "android-boot.hbs"), "utf8");
  expect(body).toContain(BOUND);
  write(join(folder, "android-boot.hbs"), body.replace(BOUND, ""));
  return folder;
}

it("a fleet's kernels are proven where they ask for it: a parser that is not, fails its kernel alone", async () => {
  const cwd = newFolder();
  const limits = { kernel: "64K", initrd: "64K" };
  const wrong = { targets: ["android_boot"], targetFolders: [withoutBound()], limits };
  const { status, report } = await run(cwd, [
    { name: "right", abi: "v6", targets: ["zboot"] },
    { name: "wrong", abi: "v7", ...wrong },
  ]);
  expect(status).toBe(1);
  const [right, failed] = report.kernels;
  expect(right).toMatchObject({ state: "built", parsers: [{ target: "zboot", proven: true }] });
  const certificate = join(cwd, "out/right/zboot.proof.json");
  const { mtimeMs } = statSync(certificate);
  expect(failed).toMatchObject({ state: "failed" });
  expect(JSON.stringify(failed)).toContain("android_boot");
  expect(existsSync(join(cwd, "out/wrong/android_boot.proof.json"))).toBe(false);
  const again = await run(cwd, [{ name: "right", abi: "v6", targets: ["zboot"] }]);
  expect(again.status).toBe(0);
  expect(statSync(certificate).mtimeMs).toBe(mtimeMs);
});
