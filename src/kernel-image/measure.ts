import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { withInputFile } from "#files/input-file.ts";
import { decodeBzImage, isBzImage } from "#formats/bzimage/bzimage.ts";
import { decodeImage } from "#formats/image/image.ts";
import type { Architecture } from "./architecture.ts";
import { withoutKernel } from "./forms.ts";
import { findRelease, releaseIn } from "./identity.ts";
import { type Peeled, peelUntil } from "./peel-until.ts";

/** Sizes found in a kernel file, in bytes. */
export type Measured = {
  /** The uncompressed kernel image; of an x86 kernel, the bzImage. */
  readonly image: number;
  /** The largest form in which a parser may meet the kernel. */
  readonly kernel: number;
  /** Of a UKI: its largest `.initrd` and `.cmdline`. */
  readonly initrd?: number;
  readonly cmdline?: number;
  /** Whose kernel it is. */
  readonly arch: Architecture;
  /** The kernel's release, where it says one. */
  readonly release?: string | undefined;
  /** What the file is: `["UKI", "zboot (zstd)", "arm64 Image"]`. */
  readonly steps: readonly string[];
};

/** The boot header, and of an x86 image the setup header up to its magic. */
const HEAD_SIZE = 1024;

/**
 * Measures a kernel image: an uncompressed one (of which no more is read than finds its release), a zboot image
 * or a bare compressed stream (decompressed), a UKI (its sections), a bzImage.
 *
 * Errors: those of reading; those of the formats; `unsupported` for what is no kernel image.
 */
export function measureImage(file: string): Promise<Result<Measured>> {
  return withInputFile(file, async (input) => {
    const head = input.head(HEAD_SIZE);
    if (!head.ok) return head;
    const header = decodeImage(head.value);
    // An x86 image with an EFI stub has all the magic numbers of a LoongArch one, and its own.
    if (header.ok && !isBzImage(head.value)) {
      const release = findRelease(input);
      if (!release.ok) return release;
      const { size } = input;
      const { arch } = header.value;
      return ok({ image: size, kernel: size, arch, release: release.value, steps: [`${arch} Image`] });
    }
    const bytes = input.whole();
    if (!bytes.ok) return bytes;
    const measured = await measureBytes(bytes.value);
    return measured.ok ? measured : err(inFile(measured.failure, file));
  });
}

/** The same for a kernel image in memory. */
export function measureBytes(file: Uint8Array): Promise<Result<Measured>> {
  let kernel = 0;
  let parts: Pick<Measured, "initrd" | "cmdline"> = {};
  return peelUntil<Measured>(file, {
    at: (layer, { content: { bytes }, steps }) => {
      if (layer.kind === "image" || layer.kind === "bzImage") {
        return ok({
          image: bytes.length,
          kernel: Math.max(kernel, bytes.length),
          ...parts,
          arch: layer.arch,
          release: layer.kind === "bzImage" ? bzImageRelease(bytes) : releaseIn(bytes),
          steps: [...steps, layer.step],
        });
      }
      if (layer.kind === "wrapped" && layer.largest !== undefined) {
        // Only @0's kernel is unwrapped below, for a parser hands on no other (docs/spec.md, "UKI"). The records fit the
        // largest part of any profile: that costs memory alone, and a UKI whose order of profiles changes still fits.
        const { linux, initrd, cmdline } = layer.largest;
        kernel = linux;
        parts = { initrd, cmdline };
      }
      return undefined;
    },
    end: noKernelImage,
  });
}

function noKernelImage({ content, steps }: Peeled): Result<never> {
  const form = withoutKernel(content.bytes);
  if (form !== undefined) return err({ reason: "unsupported", ...form });
  return err({
    reason: "unsupported",
    what: steps.length === 0 ? "the kernel image" : `what is inside ${steps.join(", ")}`,
    detail:
      "neither an arm64, RISC-V or LoongArch Image, nor zboot, UKI, bzImage or a compressed one of these",
  });
}

/** Its setup header tells the release without unpacking anything. */
function bzImageRelease(bytes: Uint8Array): string | undefined {
  const decoded = decodeBzImage(bytes);
  return decoded.ok ? decoded.value.kernelVersion?.split(" ", 1)[0] : undefined;
}
