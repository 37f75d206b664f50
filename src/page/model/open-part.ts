import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { decompress, detectCodec } from "#formats/compression/codecs.ts";

/** A part's bytes, and how they came out of it. */
export type OpenedPart = { readonly bytes: Uint8Array; readonly how: string };

/** Opens what lies inside an image: a compressed stream unpacked (its first one, as kernels do), anything else as it is. Errors: those of the codec. */
export async function openPart(
  image: Uint8Array,
  { offset, size }: { readonly offset: number; readonly size: number },
): Promise<Result<OpenedPart, Failure>> {
  const bytes = image.subarray(offset, offset + size);
  const codec = detectCodec(bytes);
  if (codec === undefined) return ok({ bytes, how: "as it stands" });
  const unpacked = await decompress(codec, bytes, { streams: "first", base: offset });
  return unpacked.ok ? ok({ bytes: unpacked.value.bytes, how: codec.name }) : unpacked;
}
