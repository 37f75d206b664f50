// SPDX-License-Identifier: MIT
// Mutants of parsers' bytecode (docs/proof-mutants.md): changes one instruction at a time and looks whether the prover sees it.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
await mkdir(`${root}out/mutation`, { recursive: true });
// Runs may go side by side.
const folder = await mkdtemp(`${root}out/mutation/program-`);

await build({
  absWorkingDir: root,
  entryPoints: ["mutation/bytecode/main.ts", "mutation/bytecode/worker.ts"],
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
