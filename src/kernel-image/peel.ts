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
import { type KernelContent, type KernelLayer, runOf } from "./layer.ts";
import { elfLayer, openEnvelope } from "./peel-elf.ts";

export type PeelOptions = {
  /** Whether an envelope is opened, too, rather than being an ELF file like others. Default: no. */
  readonly envelopes?: boolean;
};

/**
 * Looks at the outermost layer of a kernel file: a bare compressed stream (`Image.gz`), a zboot
 * image, a UKI, an envelope, a bzImage, an uncompressed Image or an ELF file.
 *
 * Errors: those of the format that the content claims to have, with its layer named.
 */
export async function peel(
  content: KernelContent,
  options: PeelOptions = {},
): Promise<Result<KernelLayer, DecompressFailure>> {
  const layer = await look(content, options);
  return layer.ok ? layer : err(inLayer(layer.failure, content.layer));
}

async function look(
  content: KernelContent,
  { envelopes = false }: PeelOptions,
): Promise<Result<KernelLayer, DecompressFailure>> {
  const { bytes, base } = content;
  if (isElf(bytes)) return envelopes ? openEnvelope(content) : ok(elfLayer(content));
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
    const packed = runOf(content, payloadOffset, payload);
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

/** Decompresses; what comes out is a layer of its own. */
async function unpack(
  codec: Codec,
  { bytes, base, layer }: KernelContent,
  options: Pick<DecompressOptions, "sizeHint" | "streams">,
): Promise<Result<KernelContent, DecompressFailure>> {
  const result = await decompress(codec, bytes, { base, ...options });
  if (!result.ok) return err(inLayer(result.failure, layer));
  const stream = `the ${codec.name} stream at offset 0x${base.toString(16)}`;
  const name = layer === undefined ? stream : `${layer}, ${stream}`;
  const left = trailingText(bytes, stream, result.value);
  return ok({ bytes: result.value.bytes, base: 0, layer: name, ...(left === undefined ? {} : { left }) });
}

function wrapped(
  step: string,
  inner: Result<KernelContent, DecompressFailure>,
): Result<KernelLayer, DecompressFailure> {
  return inner.ok ? ok({ kind: "wrapped", step, inner: inner.value }) : inner;
}

function bzImage(content: KernelContent): Result<KernelLayer, DecompressFailure> {
  const decoded = decodeBzImage(content.bytes, { base: content.base });
  if (!decoded.ok) return decoded;
  const { payload, payloadOffset, uncompressedSize } = decoded.value;
  const packed = runOf(content, payloadOffset, payload);
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

function ukiLayer(content: KernelContent): Result<KernelLayer, DecompressFailure> {
  const uki = decodeUki(content.bytes, { base: content.base });
  if (!uki.ok) return uki;
  const { profiles, linux, initrd, cmdline } = uki.value;
  const largest = (size: (profile: (typeof profiles)[number]) => number) => Math.max(...profiles.map(size));
  return ok({
    kind: "wrapped",
    step: "UKI",
    inner: runOf(content, linux.byteOffset - content.bytes.byteOffset, linux),
    parts: { linux, initrd, cmdline },
    largest: {
      linux: largest((profile) => profile.linux.length),
      initrd: largest((profile) => profile.initrd?.length ?? 0),
      cmdline: largest((profile) => profile.cmdline?.length ?? 0),
    },
  });
}
