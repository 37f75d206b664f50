import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { Revision } from "../src/abi/revisions.ts";
import type { BuiltParsers } from "../test/bpf-vm/support/parsers.ts";

const NAMES: Readonly<Record<Revision, readonly string[]>> = {
  v6: ["zboot.bpf", "uki.bpf"],
  v7: ["zboot.bpf", "uki.bpf", "plain.bpf"],
};
const OBJECTS: readonly string[] = [
  "zboot_bytecode.o",
  "uki_bytecode.o",
  "zboot_parser_bpf.o",
  "uki_parser_bpf.o",
  "zboot_parser_bpf.lskel.h",
];

/** Builds, once and with the program as it is, the parsers that tests judge with. Gives their folder. */
export async function prepareParsers(root: string, work: string): Promise<string> {
  const module = join(work, "build-parsers.mjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["test/bpf-vm/support/parsers.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
    outfile: module,
  });
  const { buildParsers }: { buildParsers: (revision: Revision) => Promise<BuiltParsers> } = await import(
    module
  );
  const folder = join(work, "parsers");
  for (const revision of ["v6", "v7"] as const) {
    const built = await buildParsers(revision);
    await mkdir(join(folder, revision), { recursive: true });
    for (const name of [...NAMES[revision], ...OBJECTS]) {
      await writeFile(join(folder, revision, name), built.file(name));
    }
  }
  return folder;
}

/** What stands in tests for the module that builds parsers: it reads the ones that are built. */
export function preparedParsers(folder: string): string {
  return `
    import { readFileSync } from "node:fs";
    export const buildParsers = async (revision) => ({
      file: (name) => new Uint8Array(readFileSync(\`${folder}/\${revision}/\${name}\`)),
    });
  `;
}
