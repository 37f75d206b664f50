import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import { run } from "#cli/run.ts";
import { arm64Image } from "../../support/real-inputs.ts";
import { sharedFolderOf } from "../../support/shared.ts";

/** What one build made, by file name. */
export type BuiltParsers = { readonly file: (name: string) => Uint8Array };

/** The parsers of a revision as a user builds them, with small rings: built once a run with each clang. */
export async function buildParsers(
  revision: Revision,
  { clang }: { readonly clang?: string } = {},
): Promise<BuiltParsers> {
  const folder = await sharedFolderOf(`parsers ${revision} ${clang ?? ""}`, (out) =>
    build(revision, clang, out),
  );
  return { file: (name) => Uint8Array.from(readFileSync(join(folder, name))) };
}

async function build(revision: Revision, clang: string | undefined, out: string): Promise<void> {
  let said = "";
  const sizes = ["--max-kernel", "1M", "--max-initrd", "1M"];
  const status = await run(["build", "--image", arm64Image(), "-o", out, "--abi", revision, ...sizes], {
    stdout: () => undefined,
    stderr: (text) => {
      said += text;
    },
    env: clang === undefined ? process.env : { ...process.env, CLANG: clang },
    cwd: process.cwd(),
    terminal: { stdout: false, stderr: false },
    columns: 80,
    signal: new AbortController().signal,
  });
  if (status !== 0) throw new Error(said);
}
