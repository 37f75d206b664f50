import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import { run } from "#cli/run.ts";
import { arm64Image } from "../../support/real-inputs.ts";

/** What one build made, by file name. */
export type BuiltParsers = { readonly file: (name: string) => Uint8Array };

/** Builds both parsers for a revision as a user does, with small rings. */
export async function buildParsers(
  revision: Revision,
  options: { readonly clang?: string } = {},
): Promise<BuiltParsers> {
  const out = mkdtempSync(join(tmpdir(), "vm-parsers-"));
  try {
    let said = "";
    const sizes = ["--max-kernel", "1M", "--max-initrd", "1M"];
    const status = await run(["build", "--image", arm64Image(), "-o", out, "--abi", revision, ...sizes], {
      stdout: () => undefined,
      stderr: (text) => {
        said += text;
      },
      env: options.clang === undefined ? process.env : { ...process.env, CLANG: options.clang },
      cwd: process.cwd(),
      terminal: { stdout: false, stderr: false },
      columns: 80,
      signal: new AbortController().signal,
    });
    if (status !== 0) throw new Error(said);
    const names = [
      "zboot.bpf",
      "uki.bpf",
      ...(revision === "v6" ? [] : ["plain.bpf"]),
      "zboot_bytecode.o",
      "uki_bytecode.o",
      "zboot_parser_bpf.o",
      "uki_parser_bpf.o",
      "zboot_parser_bpf.lskel.h",
    ];
    const files = new Map(names.map((name) => [name, Uint8Array.from(readFileSync(join(out, name)))]));
    return {
      file: (name) => {
        const bytes = files.get(name);
        if (bytes === undefined) throw new Error(`the build made no ${name}`);
        return bytes;
      },
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
