// SPDX-License-Identifier: MIT
// Writes the tables of Makefile.ts.md again, from the live build graph.
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const bundle = `${root}node_modules/.kexec-bpf/rules.mjs`;

await build({
  absWorkingDir: root,
  stdin: {
    contents: `
      export { makefileTables, insertTables } from "#build/makefile-tables.ts";
      export { loadTargets } from "#generate/target.ts";
    `,
    resolveDir: root,
  },
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  logLevel: "warning",
  outfile: bundle,
});
const { insertTables, loadTargets, makefileTables } = await import(bundle);
await rm(bundle);

const targets = await loadTargets([`${root}templates`]);
if (!targets.ok) throw new Error(JSON.stringify(targets.failure));
const file = `${root}Makefile.ts.md`;
await writeFile(file, insertTables(await readFile(file, "utf8"), makefileTables(targets.value)));
