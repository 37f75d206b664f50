import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** What starts processes: a file that reaches neither needs nothing of a machine but Node. */
const STARTERS: readonly string[] = ["node:child_process", "execa", "typescript/unstable/sync"];

/** The test files from whose imports, and theirs, no process can be started: no compiler, no real kernel. */
export async function withoutProcesses(root: string): Promise<readonly string[]> {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join("test", name));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: files,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    metafile: true,
    write: false,
    outdir: "unwritten",
    logLevel: "error",
  });
  const startsSome = (file: string): boolean => {
    const reached = new Set([file]);
    // A set's iteration meets what is added on the way.
    for (const one of reached) {
      for (const { path } of metafile.inputs[one]?.imports ?? []) reached.add(path);
    }
    return STARTERS.some((name) => reached.has(name));
  };
  return files.filter((file) => !startsSome(file)).sort();
}
