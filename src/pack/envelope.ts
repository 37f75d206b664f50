import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type InputFile, withInputFiles } from "#files/input-file.ts";
import { type Piece, type WriteOptions, writePieces } from "#files/pieces.ts";
import { layoutEnvelope } from "#formats/envelope/encode.ts";
import { peArchitecture } from "#formats/pe/machines.ts";
import { decodeZboot, isZboot } from "#formats/zboot/zboot.ts";
import { type Architecture, MACHINES } from "#kernel-image/architecture.ts";
import { packed } from "./packed.ts";
import { readPe } from "./pe-input.ts";
import type { Packed } from "./types.ts";

export type EnvelopeRequest = {
  /** Absolute paths. */
  readonly kernel: string;
  /** An empty file (`/dev/null`) for none. */
  readonly initrd: string;
  readonly output: string;
  /** Without its NUL. */
  readonly cmdline: Uint8Array;
  /** Taken from the kernel's PE header where it is not given. */
  readonly arch: Architecture | undefined;
  /** Take a kernel that is no zboot image, or one for another machine than `arch`. */
  /** Pack what is no zboot image, or for another machine. Undefined: nobody can ask for that. */
  readonly force: boolean | undefined;
};

/**
 * Writes the ELF envelope of the series' v7 around a zboot image, whose bytes stay as they are, so that its signature does.
 *
 * Errors: those of the files; `malformed` for a kernel that is no zboot image and a command line with a NUL inside; `unsupported` for a
 * kernel of another machine, or of none that is known.
 */
export function packEnvelope(request: EnvelopeRequest, options: WriteOptions): Promise<Result<Packed>> {
  return withInputFiles([request.kernel, request.initrd], async ([kernel, initrd]) => {
    if (kernel === undefined || initrd === undefined) throw new Error("two files were opened");
    const { cmdline, output } = request;
    const nul = cmdline.indexOf(0);
    if (nul >= 0) return broken("command line", "text", nul, "a NUL inside: kernels read no further");
    if (kernel.size === 0) return broken("zboot", "DOS header", 0, "the file is empty", kernel.path);
    const arch = settleArchitecture(kernel, request);
    if (!arch.ok) return arch;

    const layout = layoutEnvelope({
      machine: MACHINES[arch.value],
      kernelSize: kernel.size,
      initrdSize: initrd.size,
      cmdline,
    });
    const pieces: Piece[] = [
      layout.head,
      { from: kernel, offset: 0, length: kernel.size },
      { from: initrd, offset: 0, length: initrd.size },
      // The command line is told of as it was given: its NUL belongs to what follows.
      layout.tail.subarray(0, layout.cmdlineOffset - layout.tailOffset),
      cmdline,
      layout.tail.subarray(layout.cmdlineOffset - layout.tailOffset + cmdline.length),
    ];
    const written = await writePieces(output, pieces, options);
    if (!written.ok) return written;
    const notes = [
      ...(initrd.size === 0 ? ["no initrd: .initrd is empty"] : []),
      ...(cmdline.length === 0 ? ["no command line: .cmdline is a NUL alone"] : []),
    ];
    return ok(
      packed({ kind: "envelope", output, notes, inputs: [] }, pieces, written.value, [
        { name: ".kernel", offset: layout.kernelOffset, piece: 1 },
        { name: ".initrd", offset: layout.initrdOffset, piece: 2 },
        { name: ".cmdline", offset: layout.cmdlineOffset, piece: 4 },
      ]),
    );
  });
}

const FORCE = " (--force packs it all the same)";

/** Checks the kernel and says for which architecture the envelope is. */
function settleArchitecture(kernel: InputFile, { arch, force }: EnvelopeRequest): Result<Architecture> {
  const pe = readPe(kernel);
  const found = pe.ok ? peArchitecture(pe.value.machine) : undefined;
  if (!force) {
    if (!pe.ok) return pe;
    const zboot = decodeZboot(pe.value.bytes);
    if (!zboot.ok)
      return err(
        inFile(
          force === undefined ? zboot.failure : hinted(zboot.failure, isZboot(pe.value.bytes)),
          kernel.path,
        ),
      );
    if (arch !== undefined && found !== undefined && arch !== found) {
      return unsupported(
        `an envelope for ${arch}`,
        `the kernel is for ${found}${force === undefined ? "" : FORCE}`,
        kernel,
      );
    }
  }
  const settled = arch ?? found;
  if (settled !== undefined) return ok(settled);
  return unsupported("a kernel that does not tell its machine", "say which by --arch", kernel);
}

function hinted<F extends { readonly detail: string }>(failure: F, zboot: boolean): F {
  return zboot ? failure : { ...failure, detail: `${failure.detail}${FORCE}` };
}

function unsupported(what: string, detail: string, file: InputFile): Result<never> {
  return err({ reason: "unsupported", what, detail, file: file.path });
}

function broken(
  format: string,
  section: string,
  offset: number,
  detail: string,
  file?: string,
): Result<never> {
  return err({
    reason: "malformed",
    format,
    section,
    offset,
    detail,
    ...(file === undefined ? {} : { file }),
  });
}
