import type { Command } from "#abi/command.ts";
import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Result } from "#core/result.ts";
import { looksLikeElf, parseEnvelope } from "./envelope.ts";
import type { ReferenceInput } from "./input.ts";
import { streamOf, withoutFlag } from "./parts.ts";
import { zbootPayload } from "./zboot-payload.ts";

/**
 * The stream of the `zboot` target: DECOMPRESS/KERNEL of a zboot file's payload. In v7 an image that
 * begins as an ELF file is an envelope instead.
 *
 * Errors: `malformed` where the image is no zboot file by rule 3 of docs/spec.md, "What a parser emits";
 * `size-exceeded` for a payload larger than its record; those of `parseEnvelope`.
 */
export function parseZboot(input: ReferenceInput): Result<readonly Command[]> {
  if (input.revision === "v7" && looksLikeElf(input.image)) return parseEnvelope(input);
  const kernel = decoding(() =>
    zbootPayload(new ByteReader(input.image, { format: "zboot", section: "DOS header" })),
  );
  return kernel.ok ? streamOf({ kernel: kernel.value }, withoutFlag("DECOMPRESS"), input) : kernel;
}
