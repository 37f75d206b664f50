import { ok, type Result } from "#core/result.ts";
import { writePieces } from "#files/pieces.ts";
import { withExtracted } from "#kernel-image/extract.ts";
import type { ExtractLayer } from "#kernel-image/extract-layers.ts";
import type { Context } from "./context.ts";

export type ExtractRequest = {
  /** Absolute, as `output`. */
  readonly file: string;
  /** A file to write, or a pipe or device to write into. */
  readonly output: string;
  /** What to take; by default the innermost kernel. */
  readonly layer: ExtractLayer | undefined;
  /** Without asking whether what comes out is a kernel. */
  readonly raw: boolean;
  /** Whether to hash the output, which takes a tenth of the time of all else together. */
  readonly hashes: boolean;
};

export type ExtractReport = {
  readonly schema: 1;
  readonly output: string;
  /** `arm64 Image`, `vmlinux of a bzImage`, … */
  readonly what: string;
  /** What was taken off, outermost first. */
  readonly steps: readonly string[];
  readonly warnings: readonly string[];
  /** Bytes. */
  readonly size: number;
  readonly sha256?: string;
};

/** Takes the kernel, or another layer, out of an image and writes it. Errors: those of `withExtracted` and `writePieces`. */
export function extract(
  request: ExtractRequest,
  { signal }: Pick<Context, "signal">,
): Promise<Result<ExtractReport>> {
  const { file, output, hashes } = request;
  return withExtracted(file, request, async ({ pieces, steps, what, warnings }) => {
    const written = await writePieces(output, pieces, { digests: hashes, signal });
    if (!written.ok) return written;
    const { size, digests } = written.value;
    const sha256 = digests?.whole;
    return ok({ schema: 1, output, what, steps, warnings, size, ...(sha256 !== undefined && { sha256 }) });
  });
}
