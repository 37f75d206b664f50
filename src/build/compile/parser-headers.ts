import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Revision, revisionProfile } from "#abi/revisions.ts";
import type { KernelHeaders } from "#build/kernel-headers/kernel-headers.ts";
import { checkToolOutput, isWholeHeader } from "#build/tool-output.ts";
import { ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { readInputText } from "#files/input-file.ts";
import { writeOutput } from "#files/output.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { dependencies } from "#generate/dependencies.ts";
import { DEFAULT_CMDLINE_LIMIT, DEFAULT_INITRD_LIMIT, renderImageSize } from "#generate/image-size.ts";
import { missingInterface } from "#generate/interface-header.ts";
import { readKernelBtf } from "#kernel-image/kernel-btf.ts";
import { locate, runningKernel } from "#kernel-image/locate.ts";
import { runTool } from "#toolchain/process.ts";
import type { Toolchain } from "#toolchain/toolchain.ts";

/** The kernel that a parser written elsewhere is compiled for. */
export type ParserKernel = {
  readonly revision: Revision;
  /** A file with its BTF; default: the running kernel's. */
  readonly btf: string | undefined;
};

export type MadeHeaders = {
  /** More arguments for clang. */
  readonly args: readonly string[];
  /** A line for each thing that was made, and what of. */
  readonly notes: readonly string[];
};

type Compilation = {
  /** Absolute. */
  readonly source: string;
  /** For clang: where it looks for headers, among other things. */
  readonly args: readonly string[];
  readonly tools: Toolchain;
  readonly headers: KernelHeaders;
  readonly signal: AbortSignal | undefined;
};

/** What fits a ring of 64 MiB, with the 40 KiB that the series' parsers add to IMAGE_SIZE. */
const IMAGE_LIMIT = 64 * 1024 * 1024 - 64 * 1024;

/**
 * Makes in `folder` what the series' own Makefile would have made and the source does not find: `vmlinux.h` of a kernel's BTF,
 * `image_size.h` with sizes that suit most kernels; and the parsers' interface, where the kernel has none.
 *
 * Errors: `tool-failed`, `cancelled`; those of looking for and reading the BTF; `file-failed`.
 */
export async function makeHeaders(
  folder: string,
  compilation: Compilation,
  kernel: ParserKernel,
): Promise<Result<MadeHeaders>> {
  const missing = await missingHeaders(compilation);
  if (!missing.ok) return missing;
  const notes: string[] = [];
  if (missing.value.includes("vmlinux.h")) {
    const made = await makeVmlinux(folder, compilation, kernel.btf);
    if (!made.ok) return made;
    notes.push(`vmlinux.h is made of ${made.value}`);
  }
  if (missing.value.includes("image_size.h")) {
    const limits = { kernel: IMAGE_LIMIT, initrd: DEFAULT_INITRD_LIMIT, cmdline: DEFAULT_CMDLINE_LIMIT };
    const text = renderImageSize({ ...limits, image: IMAGE_LIMIT }, revisionProfile(kernel.revision));
    if (!text.ok) return text;
    const written = await writeOutput(join(folder, "image_size.h"), text.value);
    if (!written.ok) return written;
    notes.push(`image_size.h is made for kernels of up to ${IMAGE_LIMIT} bytes`);
  }
  const args = ["-I", folder];
  const text = await preprocessed({ ...compilation, args: [...compilation.args, ...args] }, folder);
  if (!text.ok) return text;
  const declarations = missingInterface(text.value, kernel.revision);
  if (declarations === undefined) return ok({ args, notes });
  const file = join(folder, "kexec_interface.h");
  const written = await writeOutput(file, declarations);
  if (!written.ok) return written;
  notes.push(`the parsers' interface, which vmlinux.h lacks, is the built-in ${kernel.revision}'s`);
  return ok({ args: [...args, "-include", file], notes });
}

/** Headers that are nowhere, as the source names them: clang takes those for files that are going to be generated. */
async function missingHeaders(compilation: Compilation): Promise<Result<readonly string[]>> {
  const run = await clang(compilation, ["-M", "-MG", "-MF", "-"]);
  if (!run.ok) return run;
  const folder = dirname(compilation.source);
  return ok(dependencies(run.value).filter((name) => !existsSync(resolve(folder, name))));
}

/** The source as the compiler gets to see it. */
async function preprocessed(compilation: Compilation, folder: string): Promise<Result<string>> {
  const file = join(folder, "parser.i");
  const run = await clang(compilation, ["-E", "-P", "-o", file]);
  if (!run.ok) return run;
  return readInputText(file);
}

async function clang(
  { source, args, tools, signal }: Compilation,
  more: readonly string[],
): Promise<Result<string>> {
  const run = await runTool({
    tool: "clang",
    file: tools.clang.path,
    args: [...args, ...more, basename(source)],
    cwd: dirname(source),
    ...(signal && { signal }),
  });
  return run.ok ? ok(Buffer.from(run.value.stdout).toString()) : run;
}

/** Gives the file that the types come from. */
async function makeVmlinux(
  folder: string,
  { tools, signal, headers }: Compilation,
  btf: string | undefined,
): Promise<Result<string>> {
  const found = btf === undefined ? await locate("BTF", runningKernel(), "--btf FILE") : ok({ path: btf });
  if (!found.ok) return found;
  const types = await readKernelBtf(found.value.path);
  if (!types.ok) return types;
  const { bytes } = types.value;
  const output = join(folder, "vmlinux.h");
  const dump = async (): Promise<Result<void>> => {
    const raw = join(folder, "vmlinux.btf");
    const written = await writeOutput(raw, bytes);
    if (!written.ok) return written;
    const run = await runTool({
      tool: "bpftool",
      file: tools.bpftool.path,
      args: ["btf", "dump", "file", raw, "format", "c"],
      stdoutFile: output,
      ...(signal && { signal }),
    });
    if (!run.ok) return run;
    return checkToolOutput(output, basename(output), isWholeHeader);
  };
  const made = await headers.make({
    sha256: types.value.sha256 ?? digest(bytes),
    types: async () => decodeBtf(bytes),
    bpftool: tools.bpftool,
    output,
    dump,
    // The first header of a process is not compared: there is nothing to note.
    emit: () => undefined,
  });
  return made.ok ? ok(found.value.path) : made;
}
