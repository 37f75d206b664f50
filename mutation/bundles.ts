import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Mutant } from "./mutant.ts";
import { withSwitches } from "./mutants.ts";
import { preparedParsers } from "./parsers.ts";

const VITEST = [
  "describe",
  "suite",
  "test",
  "it",
  "expect",
  "beforeAll",
  "afterAll",
  "beforeEach",
  "afterEach",
];

/** Sources with their mutants as switches, which know where they are though they are in a bundle; `vitest` is the worker's. */
function switches(
  byFile: ReadonlyMap<string, readonly Mutant[]>,
  { root, parsers, chosen }: Bundling,
): Plugin {
  return {
    name: "mutants",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^vitest$/ }, () => ({ path: "vitest", namespace: "worker" }));
      onLoad({ filter: /.*/, namespace: "worker" }, () => ({
        contents: `export const {${[...VITEST, "onTestFinished", "vi"].join()}} = globalThis.$vitest;`,
      }));
      onLoad({ filter: /\/test\/bpf-vm\/support\/parsers\.ts$/ }, () => ({
        contents: preparedParsers(parsers),
        resolveDir: root,
      }));
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        const mutants = byFile.get(relative(root, path)) ?? [];
        const contents = withSwitches(text, mutants, chosen)
          .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)))
          .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href));
        return { contents, loader: "ts" };
      });
    },
  };
}

export type Bundling = {
  readonly root: string;
  /** The folder of `prepareParsers()`. */
  readonly parsers: string;
  /** Whether a mutant is the one that is tried, as an expression. */
  readonly chosen: (id: number) => string;
};

/** A bundle in `folder` for each test file that has any of the mutants in it; the answer gives the bundle's path for the test's. */
export async function bundleTests(
  bundling: Bundling,
  tests: readonly string[],
  mutants: readonly Mutant[],
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const { root } = bundling;
  const byFile = new Map<string, Mutant[]>();
  for (const mutant of mutants) byFile.set(mutant.file, [...(byFile.get(mutant.file) ?? []), mutant]);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...tests],
    outbase: root,
    outdir: folder,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    target: "node20",
    logLevel: "error",
    metafile: true,
    plugins: [switches(byFile, bundling)],
  });
  return new Map(
    Object.entries(metafile.outputs).flatMap(([output, { entryPoint, inputs }]) =>
      entryPoint !== undefined && Object.keys(inputs).some((input) => byFile.has(input))
        ? [[entryPoint, join(root, output)]]
        : [],
    ),
  );
}
