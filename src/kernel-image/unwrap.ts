import { inLayer } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decodeBzImage, isBzImage } from "#formats/bzimage/bzimage.ts";
import { codecForZboot, decompress, detectCodec, detectFileCodec } from "#formats/compression/codecs.ts";
import { trailingText } from "#formats/compression/trailing.ts";
import type { Codec, DecompressFailure, DecompressOptions } from "#formats/compression/types.ts";
import { isElf } from "#formats/elf/header.ts";
import { decodeImage } from "#formats/image/image.ts";
import { decodePe, isPe } from "#formats/pe/pe-file.ts";
import { decodeUki } from "#formats/uki/uki.ts";
import { decodeZboot, isZboot } from "#formats/zboot/zboot.ts";
import { kernelBeside } from "./forms.ts";

/** A file, or what was taken out of it. */
export type Content = {
  readonly bytes: Uint8Array;
  /** Where the bytes begin in the file or, with a layer, in what was decompressed: offsets in failures count from there. */
  readonly base: number;
  readonly layer?: string;
  /** What was left out on the way here, in words. */
  readonly left?: string;
};

/** What a kernel file turned out to be. `step` is a word for messages: `zboot (zstd22)`. */
export type Layer =
  /** A wrapping around a kernel that has been taken off. */
  | {
      readonly kind: "wrapped";
      readonly step: string;
      readonly inner: Content;
      readonly uki?: UkiParts;
      readonly parts?: KernelParts;
    }
  /** An x86 image: it is handed on whole, though a vmlinux can be taken out of it. */
  | {
      readonly kind: "bzImage";
      readonly arch: "x86";
      readonly step: string;
      readonly inner: () => Promise<Result<Content, DecompressFailure>>;
    }
  /** An uncompressed kernel with its boot header. */
  | { readonly kind: "image"; readonly arch: "arm64" | "riscv" | "loongarch"; readonly step: string }
  | { readonly kind: "unknown" };

/** What a UKI (its profile @0) or an envelope carries, as views; undefined where it is not there or empty. */
export type KernelParts = {
  readonly linux: Uint8Array;
  readonly initrd: Uint8Array | undefined;
  readonly cmdline: Uint8Array | undefined;
};

/** The largest of each over all profiles, in bytes. */
export type UkiParts = { readonly linux: number; readonly initrd: number; readonly cmdline: number };

/**
 * Looks at the outermost layer of a kernel file: a bare compressed stream (`Image.gz`), a zboot
 * image, a UKI, a bzImage or an uncompressed Image.
 *
 * Errors: those of the format that the content claims to have, with its layer named.
 */
export async function peel(content: Content): Promise<Result<Layer, DecompressFailure>> {
  const layer = await look(content);
  return layer.ok ? layer : err(inLayer(layer.failure, content.layer));
}

async function look(content: Content): Promise<Result<Layer, DecompressFailure>> {
  const { bytes, base } = content;
  const codec = detectFileCodec(bytes);
  if (codec !== undefined) return wrapped(codec.name, await unpack(codec, content, { streams: "all" }));
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
    const packed = part(content, payloadOffset, payload);
    return wrapped(`zboot (${compression})`, await unpack(named, packed, { streams: "first" }));
  }
  if (isBzImage(bytes)) return bzImage(content);
  const image = decodeImage(bytes);
  if (image.ok) return ok({ kind: "image", arch: image.value.arch, step: `${image.value.arch} Image` });
  if (!isPe(bytes)) return ok({ kind: "unknown" });
  const pe = decodePe(bytes, { base });
  if (!pe.ok) return pe;
  const beside = kernelBeside(pe.value);
  if (beside !== undefined) return err({ reason: "unsupported", ...beside });
  if (pe.value.sections.some((section) => section.name === ".linux")) return ukiLayer(content);
  return ok({ kind: "unknown" });
}

/** A run of the content's own bytes, from `offset`. */
export function part({ base, layer }: Content, offset: number, bytes: Uint8Array): Content {
  return { bytes, base: base + offset, ...(layer === undefined ? {} : { layer }) };
}

/** Decompresses; what comes out is a layer of its own. */
async function unpack(
  codec: Codec,
  { bytes, base, layer }: Content,
  options: Pick<DecompressOptions, "sizeHint" | "streams">,
): Promise<Result<Content, DecompressFailure>> {
  const result = await decompress(codec, bytes, { base, ...options });
  if (!result.ok) return err(inLayer(result.failure, layer));
  const stream = `the ${codec.name} stream at offset 0x${base.toString(16)}`;
  const name = layer === undefined ? stream : `${layer}, ${stream}`;
  const left = trailingText(bytes, stream, result.value);
  return ok({ bytes: result.value.bytes, base: 0, layer: name, ...(left === undefined ? {} : { left }) });
}

function wrapped(step: string, inner: Result<Content, DecompressFailure>): Result<Layer, DecompressFailure> {
  return inner.ok ? ok({ kind: "wrapped", step, inner: inner.value }) : inner;
}

function bzImage(content: Content): Result<Layer, DecompressFailure> {
  const decoded = decodeBzImage(content.bytes, { base: content.base });
  if (!decoded.ok) return decoded;
  const { payload, payloadOffset, uncompressedSize } = decoded.value;
  const packed = part(content, payloadOffset, payload);
  if (isElf(payload)) {
    return ok({
      kind: "bzImage",
      arch: "x86",
      step: "bzImage (uncompressed)",
      inner: async () => ok(packed),
    });
  }
  const codec = detectCodec(payload);
  if (codec === undefined) {
    const detail = "no compression that Linux knows";
    return { ok: false, failure: { reason: "unsupported", what: "bzImage payload", detail } };
  }
  return ok({
    kind: "bzImage",
    arch: "x86",
    step: `bzImage (${codec.name})`,
    inner: () =>
      unpack(codec, packed, {
        streams: "first",
        ...(uncompressedSize === undefined ? {} : { sizeHint: uncompressedSize }),
      }),
  });
}

function ukiLayer(content: Content): Result<Layer, DecompressFailure> {
  const uki = decodeUki(content.bytes, { base: content.base });
  if (!uki.ok) return uki;
  const { profiles, linux, initrd, cmdline } = uki.value;
  const largest = (size: (profile: (typeof profiles)[number]) => number) => Math.max(...profiles.map(size));
  return ok({
    kind: "wrapped",
    step: "UKI",
    inner: part(content, linux.byteOffset - content.bytes.byteOffset, linux),
    parts: { linux, initrd, cmdline },
    uki: {
      linux: largest((profile) => profile.linux.length),
      initrd: largest((profile) => profile.initrd?.length ?? 0),
      cmdline: largest((profile) => profile.cmdline?.length ?? 0),
    },
  });
}
