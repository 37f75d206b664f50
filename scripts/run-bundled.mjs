// SPDX-License-Identifier: MIT
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * Bundles `main.ts` and `worker.ts` of a folder, and calls the main one's `run` with the checkout and this process's words. What it
 * gives is the exit status.
 */
export async function runBundled(sources) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  await mkdir(`${root}out/mutation`, { recursive: true });
  // Runs may go side by side.
  const folder = await mkdtemp(`${root}out/mutation/program-`);
  await build({
    absWorkingDir: root,
    entryPoints: [`${sources}/main.ts`, `${sources}/worker.ts`],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "warning",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
  });
  const { run } = await import(`${folder}/main.mjs`);
  try {
    process.exitCode = await run(root, process.argv.slice(2));
  } finally {
    await rm(folder, { recursive: true });
  }
}
