import { LARGEST_PART } from "#abi/limits.ts";
import { type BuildReport, type BuildRequest, build } from "#api/build.ts";
import { type DecomposeReport, type DecomposeRequest, decompose } from "#api/decompose.ts";
import { type EjectReport, type EjectRequest, eject } from "#api/eject/eject.ts";
import { explore } from "#api/explore/explore.ts";
import { type ExtractReport, type ExtractRequest, extract } from "#api/extract.ts";
import { type InspectRequest, inspect } from "#api/inspect.ts";
import type { Result } from "#core/result.ts";
import type { Inspection } from "#inspect/types.ts";
import {
  absolutePath,
  type CallContext,
  completeContext,
  type FileWord,
  fileOf,
  type Sparse,
} from "./context.ts";

const NOTHING_GIVEN: Omit<BuildRequest, "out"> = {
  goals: ["all"],
  arch: undefined,
  abi: "auto",
  kernel: {
    tree: undefined,
    kbuildOutput: undefined,
    vmlinux: undefined,
    vmlinuxHeader: undefined,
    image: undefined,
  },
  limits: { kernel: undefined, initrd: undefined, cmdline: undefined, initramfs: undefined },
  tools: { clang: undefined, llvm: undefined, bpftool: undefined, libbpfHeaders: undefined },
  targetFolders: [],
  bytecodeObject: "direct",
  seedPayloadSize: false,
  sizeStep: undefined,
  signing: undefined,
  envelope: undefined,
  jobs: 2,
};

/** A build. Paths are absolute, sizes in bytes. Of `kernel`, `limits` and `tools` what is left out is looked for, or assumed. */
export type BuildCall = Sparse<Omit<BuildRequest, "kernel" | "limits" | "tools">, "out"> & {
  readonly kernel?: Partial<BuildRequest["kernel"]>;
  readonly limits?: Partial<BuildRequest["limits"]>;
  readonly tools?: Partial<BuildRequest["tools"]>;
};

/**
 * Builds parsers for a kernel into the folder `out`. Builds in one folder take turns; what is up to date stays.
 *
 * @returns the outputs with their digests, or a failure: of the tools (`tool-missing`, `tool-failed`), of the kernel's files
 *   (`input-not-found`, `malformed`), of a target (`bad-target`), `cancelled`
 * @example
 * ```ts
 * const built = await build({ out: "/tmp/parsers", goals: ["uki"], limits: { kernel: 64 << 20 } });
 * if (!built.ok) throw new Error(failureText(built.failure));
 * ```
 */
export function buildParsers(call: BuildCall, context: CallContext = {}): Promise<Result<BuildReport>> {
  const request: BuildRequest = {
    ...NOTHING_GIVEN,
    ...call,
    kernel: { ...NOTHING_GIVEN.kernel, ...call.kernel },
    limits: { ...NOTHING_GIVEN.limits, ...call.limits },
    tools: { ...NOTHING_GIVEN.tools, ...call.tools },
  };
  return build(request, completeContext(context));
}

/**
 * What a file is, its parts, what is odd about it, and what each parser would send for it. Nothing is executed.
 *
 * @returns the inspection, or `file-failed`. A file of no known format is no failure.
 * @example
 * ```ts
 * const seen = await inspect({ file: "vmlinuz.efi", hashes: false });
 * if (seen.ok) console.log(seen.value.format, seen.value.parts);
 * ```
 */
export function inspectImage(
  call: Sparse<InspectRequest, "file">,
  context: CallContext = {},
): Promise<Result<Inspection>> {
  const around = completeContext(context);
  const defaults = { hashes: true, limit: LARGEST_PART, reference: undefined };
  return inspect({ ...defaults, ...call, file: absolutePath(call.file, around) });
}

/**
 * Takes the kernel, or another layer, out of an image and writes it to `output`.
 *
 * @returns what was taken off, and the kernel's size in bytes; or a failure of the formats, with section and offset
 */
export function extractKernelOf(
  call: Sparse<ExtractRequest, "file" | "output">,
  context: CallContext = {},
): Promise<Result<ExtractReport>> {
  const around = completeContext(context);
  const paths = { file: absolutePath(call.file, around), output: absolutePath(call.output, around) };
  return extract({ layer: undefined, raw: false, hashes: true, ...call, ...paths }, around);
}

/**
 * Takes an image apart as a kernel with the interface would, by a container's bytecode, and writes the parts into `output`.
 *
 * @returns the files of the parts, or `not-decomposed` with the stage that went wrong
 */
export function decomposeImageFile(
  call: Sparse<DecomposeRequest, "container" | "image" | "output">,
  context: CallContext = {},
): Promise<Result<DecomposeReport>> {
  const around = completeContext(context);
  const defaults = { abi: "v7", reference: false, limit: LARGEST_PART } as const;
  return decompose({
    ...defaults,
    ...call,
    container: absolutePath(call.container, around),
    image: absolutePath(call.image, around),
    output: absolutePath(call.output, around),
  });
}

/**
 * Writes into `folder` what a kernel tree needs to build the parsers by itself: C and a Makefile, without Node.
 *
 * @returns the files and the parsers, or a failure: `usage` for a folder that has something else in it, those of targets
 */
export function ejectParsers(
  call: Sparse<EjectRequest, "folder">,
  context: CallContext = {},
): Promise<Result<EjectReport>> {
  const folder = absolutePath(call.folder, completeContext(context));
  return eject({ revision: "v7", targetFolders: [], ...call, folder });
}

/** What a page shows. Paths may be relative to the context's `cwd`. */
export type ExploreCall = {
  /** Images. */
  readonly files?: readonly FileWord[];
  /** `.bpf`, `.o` or `.lskel.h`. */
  readonly parsers?: readonly FileWord[];
  /** What the parsers are judged by: a name, `none`, or the absolute path of a module (`ImageFormat`), which is asked about the images, too. */
  readonly reference?: string | undefined;
  /** The page to write. */
  readonly output: string;
};

/**
 * Writes one HTML file that shows images, what parsers send for them, and their runs step by step.
 *
 * @returns nothing, or a failure of reading, loading or writing
 */
export function exploreImages(call: ExploreCall, context: CallContext = {}): Promise<Result<void>> {
  const around = completeContext(context);
  const files = (call.files ?? []).map((word) => fileOf(word, around));
  const parsers = (call.parsers ?? []).map((word) => fileOf(word, around));
  return explore(
    { files, parsers, reference: call.reference, output: absolutePath(call.output, around) },
    around,
  );
}
