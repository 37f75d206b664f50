import type { Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { codecForZboot, compress } from "#formats/compression/codecs.ts";
import { encodeZboot, type ZbootInput } from "#formats/zboot/encode.ts";

/**
 * Compresses a kernel image and wraps it as `encodeZboot` does, with the appended size.
 *
 * Fails with `unsupported` on a compression that no zboot header names.
 */
export async function encodeZbootImage(
  input: Omit<ZbootInput, "payload" | "uncompressedSize"> & { readonly image: Uint8Array },
): Promise<Result<Uint8Array, Unsupported>> {
  const codec = codecForZboot(input.compression);
  if (codec === undefined) {
    const detail = "no compression that zboot images have";
    return err({ reason: "unsupported", what: `compression ${input.compression}`, detail });
  }
  const payload = await compress(codec, input.image);
  if (!payload.ok) return payload;
  return ok(encodeZboot({ ...input, payload: payload.value, uncompressedSize: input.image.length }));
}
