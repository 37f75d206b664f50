// SPDX-License-Identifier: MIT
// Bundles the program into dist/: main.cjs starts fast and answers what needs nothing else (CommonJS
// loads faster than modules do), pack.cjs is all that packing needs, the rest comes as modules that are
// loaded when they are used.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  minify: true,
  keepNames: true,
  logLevel: "warning",
};

/** string-width brings tables of every script; the program's texts have one column a character. */
const asciiWidth = {
  name: "ascii-width",
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^string-width$/ }, () => ({
      path: "string-width",
      namespace: "ascii-width",
    }));
    pluginBuild.onLoad({ filter: /.*/, namespace: "ascii-width" }, () => ({
      contents: "export default (text) => text.length;",
    }));
  },
};

/** main.cjs finds the rest beside it instead of taking it in. */
const loadLater = {
  name: "load-later",
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^\.\/process\.ts$/ }, () => ({ path: "./process.mjs", external: true }));
    // By require(): import() would start the loader of modules.
    pluginBuild.onResolve({ filter: /^\.\/pack-process\.ts$/ }, () => ({
      path: "pack",
      namespace: "beside",
    }));
    pluginBuild.onResolve({ filter: /^\.\/pack\.cjs$/ }, ({ path }) => ({ path, external: true }));
    pluginBuild.onLoad({ filter: /.*/, namespace: "beside" }, () => ({
      contents: 'module.exports = require("./pack.cjs");',
    }));
  },
};

await rm(`${root}dist`, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { process: "src/cli/process.ts" },
  format: "esm",
  splitting: true,
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunk-[hash]",
  plugins: [asciiWidth],
  banner: {
    js: 'import{createRequire as kexecBpfRequire}from"node:module";const require=kexecBpfRequire(import.meta.url);',
  },
});
await build({
  ...common,
  entryPoints: { main: "src/cli/main.ts" },
  format: "cjs",
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  plugins: [loadLater],
});
await build({
  ...common,
  entryPoints: { pack: "src/cli/pack-process.ts" },
  format: "cjs",
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
});
