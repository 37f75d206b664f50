// SPDX-License-Identifier: MIT
// Mutation testing (docs/mutation.md): changes the program in one place at a time and looks whether a test turns red.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
await mkdir(`${root}out/mutation`, { recursive: true });
// Runs may go side by side.
const folder = await mkdtemp(`${root}out/mutation/program-`);

await build({
  absWorkingDir: root,
  entryPoints: ["mutation/main.ts", "mutation/worker.ts"],
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
