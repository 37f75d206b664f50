// SPDX-License-Identifier: MIT
// Bundles the program into dist/: main.cjs starts fast and answers what needs nothing else (CommonJS
// loads faster than modules do), quick.js does `inspect` and `extract`, pack.js is all
// that packing needs, build.js does `build` and `make`, the rest comes as modules that are loaded when they are used.
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { pageTemplate } from "./page-bundle.mjs";
import { precompiledTemplates } from "./precompiled-templates.mjs";
import { rehearsal } from "./rehearsal.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  minify: true,
  keepNames: true,
  logLevel: "warning",
  // zstddec would fetch() its own text if it could, and loading what Node fetches by takes 30 ms.
  define: { fetch: "undefined" },
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

/** Handlebars makes source maps where it can; without, it joins strings, which is all that is wanted. */
const noSourceMaps = {
  name: "no-source-maps",
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^source-map$/ }, () => ({ path: "source-map", namespace: "none" }));
    pluginBuild.onLoad({ filter: /.*/, namespace: "none" }, () => ({
      contents: 'throw new Error("not in this bundle");',
    }));
  },
};

/** Templates that were compiled before they are used, in the place of none. */
const precompiled = {
  name: "precompiled-templates",
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /\/src\/generate\/precompiled\.ts$/ }, () => ({
      contents: precompiledTemplates(`${root}templates`),
    }));
  },
};

/** Leaves an import to the time when it is carried out, from a file beside the bundle. */
const loadLater = (filter, path) => ({
  name: "load-later",
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter }, () => ({ path, external: true }));
  },
});

/** What a build loads by import(): a module of the user's that knows a format, and the prover's package. A script is given one to call. */
const importElsewhere = {
  name: "import-elsewhere",
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /\/(open-reference|z3)\.ts$/ }, async ({ path }) => {
      const [before, after, ...more] = (await readFile(path, "utf8")).split("await import(");
      if (after === undefined || more.length > 0) throw new Error(`${path}: one import() was expected`);
      return { contents: `${before}await kexecBpf.importModule(${after}`, loader: "ts" };
    });
  },
};

await rm(`${root}dist`, { recursive: true, force: true });
await build({
  ...common,
  // Threads of `fuzz` and `fleet` begin with files of their own.
  entryPoints: {
    process: "src/cli/process.ts",
    "fuzz-worker": "src/fuzz/worker.ts",
    "kernel-worker": "src/fleet/reading/worker.ts",
    // What programs import.
    index: "src/library/index.ts",
  },
  format: "esm",
  splitting: true,
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunk-[hash]",
  // Optional, and it finds its WebAssembly beside itself.
  external: ["z3-solver"],
  plugins: [asciiWidth, noSourceMaps, precompiled],
  banner: {
    js: 'import{createRequire as kexecBpfRequire}from"node:module";const require=kexecBpfRequire(import.meta.url);',
  },
});
// A function's name is set when its script starts, which takes a quarter of that.
const commonJs = { ...common, keepNames: false, format: "cjs", outdir: "dist" };
await build({
  ...commonJs,
  entryPoints: { main: "src/cli/main.ts" },
  outExtension: { ".js": ".cjs" },
  plugins: [loadLater(/^\.\/process\.ts$/, "./process.mjs")],
});
await build({ ...commonJs, entryPoints: { zstddec: "zstddec/stream" }, outExtension: { ".js": ".cjs" } });
const script = {
  ...commonJs,
  // src/cli/cached-script.ts calls it.
  banner: {
    js: '(function(exports,require,module,__filename,importModule){const kexecBpf={importModule,get url(){return require("node:url").pathToFileURL(__filename).href}};',
  },
  footer: { js: "})" },
  // src/api/common/package-root.ts asks where it is, which CommonJS has another word for.
  define: { ...common.define, "import.meta.url": "kexecBpf.url" },
  // import() would start the module loader, and code that was kept cannot do it.
  supported: { "dynamic-import": false },
  plugins: [noSourceMaps, precompiled, loadLater(/^zstddec\/stream$/, "./zstddec.cjs")],
};
await build({ ...script, entryPoints: { quick: "src/cli/quick.ts", pack: "src/cli/pack.ts" } });
await build({
  ...script,
  entryPoints: { build: "src/cli/build.ts" },
  plugins: [importElsewhere, ...script.plugins],
});

// `explore` and reports fill it with data.
await writeFile(`${root}dist/page.html`, await pageTemplate());

// The code that V8 makes of the scripts when they are run, on a file of no kind, and on a kernel that is none.
const codeOf = (name, run, words, env = process.env) =>
  execFileSync(process.execPath, ["scripts/code-cache.cjs", name, run, ...words], {
    cwd: root,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
const nothing = ["package.json", "/dev/null", "", "-o", "-", "--force", "--arch=x86"];
codeOf("quick", "runQuick", ["inspect", "package.json"]);
codeOf("pack", "runPack", ["pack", "envelope", ...nothing]);
// Where programs may be started from: the bundle itself is to be.
const folder = await mkdtemp(`${root}dist/rehearsal-`);
try {
  const { words, env } = rehearsal(folder);
  codeOf("build", "runBuilds", words, env);
} catch (error) {
  // Such as a file system from which nothing may be started. The program starts slower without, and does the same.
  console.error(`bundle: no code is kept for build and make: ${error.stderr ?? error.message}`);
} finally {
  await rm(folder, { recursive: true });
}
