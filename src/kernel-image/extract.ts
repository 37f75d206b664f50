import { inFile, inLayer } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { DecompressFailure } from "#formats/compression/types.ts";
import { decodeElf, type ElfFile } from "#formats/elf/elf-file.ts";
import { flattenElf } from "#formats/elf/flatten.ts";
import { isElf } from "#formats/elf/header.ts";
import { decodeEnvelope } from "#formats/envelope/decode.ts";
import { decodeImage } from "#formats/image/image.ts";
import { peArchitecture } from "#formats/pe/machines.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { isZboot } from "#formats/zboot/zboot.ts";
import type { Architecture } from "./architecture.ts";
import type { ExtractLayer } from "./extract-layers.ts";
import { type Form, withoutKernel } from "./forms.ts";
import { type Content, type KernelParts, type Layer, part, peel } from "./unwrap.ts";
import { notVmlinux } from "./vmlinux.ts";

export type ExtractOptions = {
  /** By default the innermost: the Image, a bzImage's vmlinux, or a vmlinux made flat. */
  readonly layer?: ExtractLayer | undefined;
  /** Takes what comes out without asking whether it is a kernel. */
  readonly raw?: boolean;
};

/** A kernel without its wrappings, or one of them. */
export type Extracted = {
  readonly bytes: Uint8Array;
  /** What was taken off, outermost first: `["UKI", "zboot (zstd)"]`. */
  readonly steps: readonly string[];
  /** `arm64 Image`, `vmlinux of a bzImage`, … */
  readonly what: string;
  /** What was left out. */
  readonly warnings: readonly string[];
};

/** An envelope around a UKI around a zboot image: three, and one more for what nobody has thought of. */
const MAX_LAYERS = 4;

/**
 * Takes the kernel out of a zboot image, UKI, envelope, bzImage or compressed stream, and flattens a vmlinux, as kexec needs
 * it; or stops at another layer. What comes out is checked to be a kernel, and an Image to be one for the machine that the zboot
 * image names.
 *
 * Errors: those of `readInput`; those of the formats; `unsupported` for what holds no kernel, or not the layer.
 */
export async function extractKernel(file: string, options: ExtractOptions = {}): Promise<Result<Extracted>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const extracted = await unwrap(bytes.value, options);
  return extracted.ok ? extracted : err(inFile(extracted.failure, file));
}

async function unwrap(
  file: Uint8Array,
  { layer: wanted, raw = false }: ExtractOptions,
): Promise<Result<Extracted>> {
  const steps: string[] = [];
  const warnings: string[] = [];
  let content: Content = { bytes: file, base: 0 };
  let machine: Architecture | undefined;
  const done = (bytes: Uint8Array, what: string) => ok({ bytes, steps, what, warnings });
  for (let layers = 0; layers < MAX_LAYERS; layers += 1) {
    const { bytes } = content;
    if (isZboot(bytes)) machine = zbootMachine(bytes);
    const opened: Result<Layer | ElfLayer, DecompressFailure> = isElf(bytes)
      ? openElf(content)
      : await peel(content);
    if (!opened.ok) return err(inLayer(opened.failure, content.layer));
    const layer = opened.value;
    switch (layer.kind) {
      case "elf": {
        const complaint = raw ? undefined : notVmlinux(layer.elf);
        if (complaint !== undefined) return refused(steps, complaint);
        if (wanted === "vmlinux") return done(bytes, "vmlinux");
        if (isPart(wanted)) return absent(steps, wanted);
        const flat = flattenElf(layer.elf);
        if (!flat.ok) return err(inLayer(flat.failure, content.layer));
        steps.push("vmlinux");
        return done(flat.value, "flat image");
      }
      case "image":
        if (!raw && machine !== undefined && layer.arch !== machine) {
          return notAnImage(steps, `an Image for ${layer.arch} in a zboot file for ${machine}`);
        }
        if (wanted !== undefined && wanted !== "image") return absent(steps, wanted);
        return done(bytes, layer.step);
      case "bzImage": {
        if (wanted === "image") return done(bytes, "bzImage");
        if (isPart(wanted)) return absent(steps, wanted);
        const inner = await layer.inner();
        if (!inner.ok) return inner;
        steps.push(layer.step);
        if (inner.value.left !== undefined) warnings.push(inner.value.left);
        if (!raw && !isElf(inner.value.bytes)) return notAnImage(steps, "it is not the ELF file of a kernel");
        return done(inner.value.bytes, "vmlinux of the bzImage");
      }
      case "wrapped": {
        steps.push(layer.step);
        if (layer.parts !== undefined && isPart(wanted)) return takePart(layer.parts, wanted, steps, done);
        content = layer.inner;
        if (content.left !== undefined) warnings.push(content.left);
        break;
      }
      case "unknown": {
        if (raw && steps.length > 0 && !isPart(wanted)) return done(bytes, "raw content");
        const form = withoutKernel(bytes);
        if (form !== undefined) return refused(steps, form);
        const image = decodeImage(bytes, { base: content.base });
        if (steps.length > 0 && !image.ok) return err(inLayer(image.failure, content.layer));
        return notAnImage(steps, "no zboot, UKI, envelope, bzImage, vmlinux, Image or compressed kernel");
      }
    }
  }
  return notAnImage(steps, "too many wrappings");
}

type ElfLayer = { readonly kind: "elf"; readonly elf: ElfFile };

/** An envelope, or any other ELF file. */
function openElf(content: Content): Result<Layer | ElfLayer, DecompressFailure> {
  const { bytes, base } = content;
  const elf = decodeElf(bytes, { base });
  if (!elf.ok) return elf;
  if (elf.value.section(".kernel") === undefined) return ok({ kind: "elf", elf: elf.value });
  const envelope = decodeEnvelope(bytes, { base });
  if (!envelope.ok) return envelope;
  const { kernel, initrd, cmdline } = envelope.value;
  const parts = { linux: kernel.data, initrd: initrd?.data, cmdline: cmdline?.data };
  return ok({
    kind: "wrapped",
    step: "envelope",
    inner: part(content, kernel.offset - base, kernel.data),
    parts,
  });
}

function isPart(layer: ExtractLayer | undefined): layer is keyof KernelParts {
  return layer === "linux" || layer === "initrd" || layer === "cmdline";
}

function takePart(
  parts: KernelParts,
  wanted: keyof KernelParts,
  steps: readonly string[],
  done: (bytes: Uint8Array, what: string) => Result<Extracted>,
): Result<Extracted> {
  const bytes = parts[wanted];
  return bytes === undefined ? absent(steps, wanted) : done(bytes, wanted);
}

function zbootMachine(bytes: Uint8Array): Architecture | undefined {
  const pe = decodePe(bytes);
  return pe.ok ? peArchitecture(pe.value.machine) : undefined;
}

function absent(steps: readonly string[], layer: ExtractLayer): Result<never> {
  const where = steps.length === 0 ? "the file" : steps.join(", ");
  return err({ reason: "unsupported", what: `--layer ${layer}`, detail: `there is none in ${where}` });
}

function refused(steps: readonly string[], { what, detail }: Form): Result<never> {
  const inside = steps.length === 0 ? "" : ` inside ${steps.join(", ")}`;
  return err({ reason: "unsupported", what: `${what}${inside}`, detail });
}

function notAnImage(steps: readonly string[], detail: string): Result<never> {
  return err({ reason: "unsupported", what: subject(steps), detail });
}

function subject(steps: readonly string[]): string {
  return steps.length === 0 ? "the file" : `what is inside ${steps.join(", ")}`;
}
