// SPDX-License-Identifier: MIT
// Bundles TypeScript of src/page/ for browsers: what the decoders use of Node is replaced by src/page/browser/, and
// an import of Node's that has no such replacement is an error.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const browser = (name) => `${root}src/page/browser/${name}`;

const forBrowsers = {
  name: "for-browsers",
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^node:(zlib)$/ }, () => ({ path: browser("zlib.ts") }));
    pluginBuild.onResolve({ filter: /^node:(crypto|os|path|util)$/ }, () => ({ path: browser("node.ts") }));
    pluginBuild.onResolve({ filter: /^#files\/(sparse-file|input-file|digest)\.ts$/ }, ({ path }) => ({
      path: browser(path.slice("#files/".length).replace("input-file", "sparse-file")),
    }));
  },
};

/** The script of a bundle, as text. @param options of esbuild, such as `format` */
export async function bundleForBrowsers(entry, options = {}) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: ["chrome115", "firefox115"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".css": "text" },
    inject: [browser("globals.ts")],
    define: { fetch: "undefined", global: "globalThis", "process.env.NODE_ENV": '"production"' },
    plugins: [forBrowsers],
    ...options,
  });
  return outputFiles[0].text;
}
