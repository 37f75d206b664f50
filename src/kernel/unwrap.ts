import { ok, type Result } from "#core/result.ts";
import { decodeBzImage, isBzImage } from "#formats/bzimage/bzimage.ts";
import { type Codec, codecForZboot, decompress, detectCodec } from "#formats/compression/codecs.ts";
import { decodeImage } from "#formats/image/image.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { decodeUki } from "#formats/uki/uki.ts";
import { decodeZboot, isZboot } from "#formats/zboot/zboot.ts";

/** What a kernel file turned out to be. `step` is a word for messages: `zboot (zstd22)`. */
export type Layer =
  /** A wrapping around a kernel that has been taken off. */
  | { readonly kind: "wrapped"; readonly step: string; readonly inner: Uint8Array; readonly uki?: UkiParts }
  /** An x86 image: it is handed on whole, though a vmlinux can be taken out of it. */
  | {
      readonly kind: "bzImage";
      readonly arch: "x86";
      readonly step: string;
      readonly inner: () => Promise<Result<Uint8Array>>;
    }
  /** An uncompressed kernel with its boot header. */
  | { readonly kind: "image"; readonly arch: "arm64" | "riscv" | "loongarch"; readonly step: string }
  | { readonly kind: "unknown" };

/** The largest of each over all profiles, in bytes. */
export type UkiParts = { readonly linux: number; readonly initrd: number; readonly cmdline: number };

/**
 * Looks at the outermost layer of a kernel file: a bare compressed stream (`Image.gz`), a zboot
 * image, a UKI, a bzImage or an uncompressed Image.
 *
 * @param file what `bytes` were taken out of, so that failures name its offsets where it is a view of it
 *
 * Errors: those of the format that the file claims to have.
 */
export async function peel(bytes: Uint8Array, file: Uint8Array = bytes): Promise<Result<Layer>> {
  const base = bytes.buffer === file.buffer ? bytes.byteOffset - file.byteOffset : 0;
  const codec = detectCodec(bytes);
  if (codec !== undefined) return unpacked(codec, bytes, codec.name, base);
  if (isZboot(bytes)) {
    const zboot = decodeZboot(bytes, { base });
    if (!zboot.ok) return zboot;
    const { compression, payload, payloadOffset } = zboot.value;
    const named = codecForZboot(compression) ?? detectCodec(payload);
    if (named === undefined) {
      const detail = "no compression that Linux knows";
      return {
        ok: false,
        failure: { reason: "unsupported", what: `zboot compression ${compression}`, detail },
      };
    }
    return unpacked(named, payload, `zboot (${compression})`, base + payloadOffset);
  }
  if (isBzImage(bytes)) return bzImage(bytes, base);
  const image = decodeImage(bytes);
  if (image.ok) return ok({ kind: "image", arch: image.value.arch, step: `${image.value.arch} Image` });
  const pe = decodePe(bytes);
  if (pe.ok && pe.value.sections.some((section) => section.name === ".linux")) return ukiLayer(bytes, base);
  return ok({ kind: "unknown" });
}

async function unpacked(codec: Codec, bytes: Uint8Array, step: string, base: number): Promise<Result<Layer>> {
  const result = await decompress(codec, bytes, { base });
  return result.ok ? ok({ kind: "wrapped", step, inner: result.value.bytes }) : result;
}

function bzImage(bytes: Uint8Array, base: number): Result<Layer> {
  const decoded = decodeBzImage(bytes, { base });
  if (!decoded.ok) return decoded;
  const { payload, payloadOffset, uncompressedSize } = decoded.value;
  const codec = detectCodec(payload);
  if (codec === undefined) {
    const detail = "no compression that Linux knows";
    return { ok: false, failure: { reason: "unsupported", what: "bzImage payload", detail } };
  }
  return ok({
    kind: "bzImage",
    arch: "x86",
    step: `bzImage (${codec.name})`,
    inner: async () => {
      const result = await decompress(codec, payload, {
        base: base + payloadOffset,
        ...(uncompressedSize === undefined ? {} : { sizeHint: uncompressedSize }),
      });
      return result.ok ? ok(result.value.bytes) : result;
    },
  });
}

function ukiLayer(bytes: Uint8Array, base: number): Result<Layer> {
  const uki = decodeUki(bytes, { base });
  if (!uki.ok) return uki;
  const { profiles, linux } = uki.value;
  const largest = (size: (profile: (typeof profiles)[number]) => number) => Math.max(...profiles.map(size));
  return ok({
    kind: "wrapped",
    step: "UKI",
    inner: linux,
    uki: {
      linux: largest((profile) => profile.linux.length),
      initrd: largest((profile) => profile.initrd?.length ?? 0),
      cmdline: largest((profile) => profile.cmdline?.length ?? 0),
    },
  });
}
