import { inFile, inLayer } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { withInputFile } from "#files/input-file.ts";
import type { Piece } from "#files/pieces.ts";
import { flattenElf } from "#formats/elf/flatten.ts";
import { isElf } from "#formats/elf/header.ts";
import { decodeImage } from "#formats/image/image.ts";
import { peArchitecture } from "#formats/pe/machines.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { isZboot } from "#formats/zboot/zboot.ts";
import type { Architecture } from "./architecture.ts";
import type { ExtractLayer } from "./extract-layers.ts";
import { flatPieces } from "./flat-pieces.ts";
import { type RecognisedForm, withoutKernel } from "./forms.ts";
import { KernelSource } from "./kernel-source.ts";
import { KERNEL_PARTS, type KernelLayer, type KernelPart } from "./layer.ts";
import { deeper, type Peeled, peelUntil } from "./peel-until.ts";
import { unfitElf, WITHOUT_BANNER } from "./vmlinux.ts";

export type ExtractOptions = {
  /** By default the innermost: the Image, a bzImage's vmlinux, or a vmlinux made flat. */
  readonly layer?: ExtractLayer | undefined;
  /** Takes what comes out without asking whether it is a kernel. */
  readonly raw?: boolean;
};

/** A kernel without its wrappings, or one of them. */
export type Extracted = {
  readonly pieces: readonly Piece[];
  /** What was taken off, outermost first: `["UKI", "zboot (zstd)"]`. */
  readonly steps: readonly string[];
  /** `arm64 Image`, `vmlinux of a bzImage`, … */
  readonly what: string;
  /** What was left out. */
  readonly warnings: readonly string[];
};

/**
 * Takes the kernel out of a zboot image, UKI, envelope, bzImage or compressed stream, and flattens a vmlinux, as kexec needs
 * it; or stops at another layer. What comes out is checked to be a kernel, and an Image to be one for the machine that the zboot
 * image names.
 *
 * Errors: those of `withInputFile` and of `KernelSource.open`; those of the formats; `unsupported` for what holds no kernel, or not the
 * layer; those of `use`.
 *
 * @param use is given the kernel for as long as the file is open
 */
export function withExtracted<T>(
  file: string,
  options: ExtractOptions,
  use: (extracted: Extracted) => Promise<Result<T>>,
): Promise<Result<T>> {
  return withInputFile(file, async (input) => {
    const source = KernelSource.open(input);
    if (!source.ok) return source;
    const extracted = await unwrap(source.value, options);
    return extracted.ok ? use(extracted.value) : err(inFile(extracted.failure, file));
  });
}

/** What is asked for, of which file, and what an outer layer has said about the inner ones. */
type Wanted = ExtractOptions & { readonly source: KernelSource; readonly machine: Architecture | undefined };

function unwrap(source: KernelSource, options: ExtractOptions): Promise<Result<Extracted>> {
  let machine: Architecture | undefined;
  return peelUntil<Extracted>(source.bytes, {
    envelopes: true,
    at: (layer, peeled) => {
      const { bytes } = peeled.content;
      if (isZboot(bytes)) machine = zbootMachine(bytes);
      return take(layer, peeled, { ...options, source, machine });
    },
    end: ({ steps }) => notAnImage(steps, "too many wrappings"),
  });
}

/** What the layer gives; undefined where it is a wrapping around what is wanted. */
function take(
  layer: KernelLayer,
  peeled: Peeled,
  wanted: Wanted,
): Result<Extracted> | undefined | Promise<Result<Extracted>> {
  const steps = peeled.steps;
  switch (layer.kind) {
    case "elf":
      return takeElf(layer, peeled, wanted);
    case "image":
      if (!wanted.raw && wanted.machine !== undefined && layer.arch !== wanted.machine) {
        return notAnImage(steps, `an Image for ${layer.arch} in a zboot file for ${wanted.machine}`);
      }
      if (wanted.layer !== undefined && wanted.layer !== "image") return absent(steps, wanted.layer);
      return taken(peeled, layer.step, wanted);
    case "bzImage":
      return takeBzImage(layer, peeled, wanted);
    case "wrapped": {
      if (layer.parts === undefined || !isPart(wanted.layer)) return undefined;
      const bytes = layer.parts[wanted.layer];
      const within = { ...peeled, steps: [...steps, layer.step] };
      return bytes === undefined
        ? absent(within.steps, wanted.layer)
        : taken(within, wanted.layer, wanted, bytes);
    }
    case "unknown":
      return takeUnknown(peeled, wanted);
  }
}

type Of<Kind> = Extract<KernelLayer, { readonly kind: Kind }>;

function takeElf(layer: Of<"elf">, peeled: Peeled, wanted: Wanted): Result<Extracted> {
  const { content, steps } = peeled;
  const elf = layer.decoded();
  if (!elf.ok) return err(inLayer(elf.failure, content.layer));
  if (!wanted.raw) {
    const release = unfitElf(elf.value) ?? wanted.source.releaseIn(content.bytes);
    if ("what" in release) return refused(steps, release);
    if (!release.ok) return release;
    if (release.value === undefined) return refused(steps, WITHOUT_BANNER);
  }
  if (wanted.layer === "vmlinux") return taken(peeled, "vmlinux", wanted);
  if (isPart(wanted.layer)) return absent(steps, wanted.layer);
  const flat = flattenElf(elf.value);
  if (!flat.ok) return err(inLayer(flat.failure, content.layer));
  const pieces = flatPieces(flat.value, wanted.source);
  if (!pieces.ok) return pieces;
  return ok({
    pieces: pieces.value,
    steps: [...steps, "vmlinux"],
    what: "flat image",
    warnings: peeled.warnings,
  });
}

async function takeBzImage(layer: Of<"bzImage">, peeled: Peeled, wanted: Wanted): Promise<Result<Extracted>> {
  if (wanted.layer === "image") return taken(peeled, "bzImage", wanted);
  if (isPart(wanted.layer)) return absent(peeled.steps, wanted.layer);
  const inner = await layer.inner();
  if (!inner.ok) return inner;
  const within = deeper(peeled, layer.step, inner.value);
  if (!wanted.raw && !isElf(inner.value.bytes)) {
    return notAnImage(within.steps, "it is not the ELF file of a kernel");
  }
  return taken(within, "vmlinux of the bzImage", wanted);
}

function takeUnknown(peeled: Peeled, wanted: Wanted): Result<Extracted> {
  const { content, steps } = peeled;
  if (wanted.raw && steps.length > 0 && !isPart(wanted.layer)) return taken(peeled, "raw content", wanted);
  const form = withoutKernel(content.bytes);
  if (form !== undefined) return refused(steps, form);
  const image = decodeImage(content.bytes, { base: content.base });
  if (steps.length > 0 && !image.ok) return err(inLayer(image.failure, content.layer));
  return notAnImage(steps, "no zboot, UKI, envelope, bzImage, vmlinux, Image or compressed kernel");
}

function taken(
  { content, steps, warnings }: Peeled,
  what: string,
  { source }: Wanted,
  bytes: Uint8Array = content.bytes,
): Result<Extracted> {
  return ok({ pieces: [source.pieceOf(bytes)], steps, what, warnings });
}

function isPart(layer: ExtractLayer | undefined): layer is KernelPart {
  return KERNEL_PARTS.some((part) => part === layer);
}

function zbootMachine(bytes: Uint8Array): Architecture | undefined {
  const pe = decodePe(bytes);
  return pe.ok ? peArchitecture(pe.value.machine) : undefined;
}

function absent(steps: readonly string[], layer: ExtractLayer): Result<never> {
  const where = steps.length === 0 ? "the file" : steps.join(", ");
  return err({ reason: "unsupported", what: `--layer ${layer}`, detail: `there is none in ${where}` });
}

function refused(steps: readonly string[], { what, detail }: RecognisedForm): Result<never> {
  const inside = steps.length === 0 ? "" : ` inside ${steps.join(", ")}`;
  return err({ reason: "unsupported", what: `${what}${inside}`, detail });
}

function notAnImage(steps: readonly string[], detail: string): Result<never> {
  return err({ reason: "unsupported", what: subject(steps), detail });
}

function subject(steps: readonly string[]): string {
  return steps.length === 0 ? "the file" : `what is inside ${steps.join(", ")}`;
}
