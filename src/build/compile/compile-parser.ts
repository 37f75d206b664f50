import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { kernelHeaders } from "#build/kernel-headers/open.ts";
import { COMPILER_FLAGS } from "#build/rules/program.ts";
import { ok, type Result } from "#core/result.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { dependencies } from "#generate/dependencies.ts";
import { requireToolchain } from "#toolchain/discover.ts";
import { runTool } from "#toolchain/process.ts";
import type { DiscoveryOptions } from "#toolchain/settings.ts";
import { makeHeaders, type ParserKernel } from "./parser-headers.ts";

export type CompiledParser = {
  /** The BPF object. */
  readonly object: Uint8Array;
  /** What the compiler had to say although it succeeded. */
  readonly warnings: string;
  /** What was made for it that neither its author nor its user has given, a line each. */
  readonly notes: readonly string[];
  /** The source and every header that it included, absolute. */
  readonly sources: readonly string[];
};

/**
 * Compiles a parser written elsewhere with the flags of a build, in its own folder, so that debug information
 * names it as its author does. Headers are looked for beside it, in `include`, and then libbpf's among the system's; what the series'
 * Makefile generates, and the parsers' interface, is made for `kernel` where it is nowhere.
 *
 * Errors: those of the search for tools; `tool-failed` with the compiler's words; `cancelled`; those of reading a kernel's BTF.
 */
export async function compileParser(
  file: string,
  include: readonly string[],
  kernel: ParserKernel,
  options: DiscoveryOptions,
): Promise<Result<CompiledParser>> {
  const tools = await requireToolchain(options);
  if (!tools.ok) return tools;
  const { clang, headers } = tools.value;
  const { signal } = options;
  return inTemporaryFolder(async (folder) => {
    const output = join(folder, "parser.o");
    // <bpf/bpf_helpers.h> for some, <bpf_helpers.h> for others.
    const libbpf = [headers.includeDir, join(headers.includeDir, "bpf")];
    const folders = [".", ...include, ...libbpf].flatMap((path) => ["-I", path]);
    // BPF_PROG() makes a parameter that hardly any program uses.
    const args = [...COMPILER_FLAGS, "-Wno-unused-parameter", ...folders];
    const compilation = {
      source: file,
      args,
      tools: tools.value,
      headers: kernelHeaders(options.env ?? process.env),
      signal,
    };
    const made = await makeHeaders(folder, compilation, kernel);
    if (!made.ok) return made;
    const run = await runTool({
      tool: "clang",
      file: clang.path,
      // The list of headers goes to stdout: `-MF -`.
      args: [...args, ...made.value.args, "-c", basename(file), "-o", output, "-MMD", "-MF", "-"],
      cwd: dirname(file),
      ...(signal && { signal }),
    });
    if (!run.ok) return run;
    const used = dependencies(Buffer.from(run.value.stdout).toString())
      .map((path) => resolve(dirname(file), path))
      .filter((path) => !path.startsWith(folder + sep));
    return ok({
      object: await readFile(output),
      warnings: run.value.stderr,
      notes: made.value.notes,
      sources: [...new Set([file, ...used])],
    });
  });
}
