import { inFile, inLayer } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { DecompressFailure } from "#formats/compression/types.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { flattenElf } from "#formats/elf/flatten.ts";
import { isElf } from "#formats/elf/header.ts";
import { decodeEnvelope } from "#formats/envelope/decode.ts";
import { decodeImage } from "#formats/image/image.ts";
import { peArchitecture } from "#formats/pe/machines.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { isZboot } from "#formats/zboot/zboot.ts";
import type { Architecture } from "./architecture.ts";
import { type Content, peel } from "./unwrap.ts";

/** A kernel without its wrappings. */
export type Extracted = {
  readonly bytes: Uint8Array;
  /** What was taken off, outermost first: `["UKI", "zboot (zstd)"]`. */
  readonly steps: readonly string[];
  /** `arm64 Image`, `vmlinux of a bzImage`, … */
  readonly what: string;
};

/** An envelope around a UKI around a zboot image: three, and one more for what nobody has thought of. */
const MAX_LAYERS = 4;

/**
 * Takes the kernel out of a zboot image, UKI, envelope, bzImage or compressed stream, and flattens a
 * vmlinux, as kexec needs it. An Image that comes out is checked to be one, and for the machine that
 * the zboot image names.
 *
 * Errors: those of `readInput`; those of the formats; `unsupported` for what holds no kernel.
 */
export async function extractKernel(file: string): Promise<Result<Extracted>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const extracted = await unwrap(bytes.value);
  return extracted.ok ? extracted : err(inFile(extracted.failure, file));
}

async function unwrap(file: Uint8Array): Promise<Result<Extracted>> {
  const steps: string[] = [];
  let content: Content = { bytes: file, base: 0 };
  let machine: Architecture | undefined;
  for (let layers = 0; layers < MAX_LAYERS; layers += 1) {
    if (isElf(content.bytes)) {
      const opened = openElf(content, steps);
      if (!opened.ok) return err(inLayer(opened.failure, content.layer));
      if (opened.value.kind === "vmlinux") return ok(opened.value.extracted);
      steps.push("envelope");
      content = opened.value.kernel;
    }
    const { bytes } = content;
    if (isZboot(bytes)) machine = zbootMachine(bytes);
    const layer = await peel(content);
    if (!layer.ok) return layer;
    switch (layer.value.kind) {
      case "image":
        if (machine !== undefined && layer.value.arch !== machine) {
          return notAnImage(steps, `an Image for ${layer.value.arch} in a zboot file for ${machine}`);
        }
        return ok({ bytes, steps, what: layer.value.step });
      case "bzImage": {
        const vmlinux = await layer.value.inner();
        if (!vmlinux.ok) return vmlinux;
        return ok({
          bytes: vmlinux.value.bytes,
          steps: [...steps, layer.value.step],
          what: "vmlinux of the bzImage",
        });
      }
      case "wrapped":
        steps.push(layer.value.step);
        content = layer.value.inner;
        break;
      case "unknown": {
        const image = decodeImage(bytes, { base: content.base });
        if (steps.length > 0 && !image.ok) return err(inLayer(image.failure, content.layer));
        return notAnImage(steps, "no zboot, UKI, envelope, bzImage, vmlinux, Image or compressed kernel");
      }
    }
  }
  return notAnImage(steps, "too many wrappings");
}

/** An envelope's kernel, or any other ELF file made flat. */
function openElf(
  content: Content,
  steps: readonly string[],
): Result<
  | { readonly kind: "vmlinux"; readonly extracted: Extracted }
  | { readonly kind: "envelope"; readonly kernel: Content },
  DecompressFailure
> {
  const { bytes, base } = content;
  const elf = decodeElf(bytes, { base });
  if (!elf.ok) return elf;
  if (elf.value.section(".kernel") === undefined) {
    const flat = flattenElf(elf.value);
    if (!flat.ok) return flat;
    const extracted = { bytes: flat.value, steps: [...steps, "vmlinux"], what: "flat image" };
    return ok({ kind: "vmlinux", extracted });
  }
  const envelope = decodeEnvelope(bytes, { base });
  if (!envelope.ok) return envelope;
  const { data, offset } = envelope.value.kernel;
  return ok({ kind: "envelope", kernel: { ...content, bytes: data, base: offset } });
}

function zbootMachine(bytes: Uint8Array): Architecture | undefined {
  const pe = decodePe(bytes);
  return pe.ok ? peArchitecture(pe.value.machine) : undefined;
}

function notAnImage(steps: readonly string[], detail: string): Result<never> {
  const what = steps.length === 0 ? "the file" : `what is inside ${steps.join(", ")}`;
  return err({ reason: "unsupported", what, detail });
}
