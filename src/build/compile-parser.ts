import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ok, type Result } from "#core/result.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { dependencies } from "#generate/dependencies.ts";
import { requireToolchain } from "#toolchain/discover.ts";
import { runTool } from "#toolchain/process.ts";
import type { DiscoveryOptions } from "#toolchain/settings.ts";
import { COMPILER_FLAGS } from "./rules/program.ts";

export type CompiledParser = {
  /** The BPF object. */
  readonly object: Uint8Array;
  /** What the compiler had to say although it succeeded. */
  readonly warnings: string;
  /** The source and every header that it included, absolute. */
  readonly sources: readonly string[];
};

/**
 * Compiles a parser written elsewhere with the flags of a build, in its own folder, so that debug information
 * names it as its author does. Headers are looked for beside it, in `include`, and then libbpf's among the system's.
 *
 * Errors: those of the search for tools; `tool-failed` with the compiler's words; `cancelled`.
 */
export async function compileParser(
  file: string,
  include: readonly string[],
  options: DiscoveryOptions,
): Promise<Result<CompiledParser>> {
  const tools = await requireToolchain(options);
  if (!tools.ok) return tools;
  const { clang, headers } = tools.value;
  return inTemporaryFolder(async (folder) => {
    const output = join(folder, "parser.o");
    const folders = [".", ...include, headers.includeDir].flatMap((path) => ["-I", path]);
    const run = await runTool({
      tool: "clang",
      file: clang.path,
      // The list of headers goes to stdout: `-MF -`.
      args: [...COMPILER_FLAGS, ...folders, "-c", basename(file), "-o", output, "-MMD", "-MF", "-"],
      cwd: dirname(file),
      ...(options.signal && { signal: options.signal }),
    });
    if (!run.ok) return run;
    const used = dependencies(Buffer.from(run.value.stdout).toString());
    return ok({
      object: await readFile(output),
      warnings: run.value.stderr,
      sources: [...new Set([file, ...used.map((path) => resolve(dirname(file), path))])],
    });
  });
}
