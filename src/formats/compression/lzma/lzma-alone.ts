import { ok } from "#core/result.ts";
import { corrupt, tooLarge } from "#formats/compression/failures.ts";
import type { Decompressor } from "#formats/compression/types.ts";
import { LZMA_MAX_MATCH, LzmaDecoder, lzmaProperties } from "./lzma-decoder.ts";

const HEADER_SIZE = 13;
const UNKNOWN_SIZE = 0xffff_ffff_ffff_ffffn;
const FIRST_GUESS = 4 * 1024 * 1024;

/**
 * The .lzma file format: properties byte, u32 dictionary size, u64 uncompressed size (all ones where an end
 * marker tells instead), LZMA data.
 *
 * Source: LZMA SDK, "LZMA specification"; xz, doc/lzma-file-format.txt.
 */
export const decompressLzmaAlone: Decompressor = (input, options) => {
  if (input.length < HEADER_SIZE) return corrupt("lzma", options, input.length, "header is cut short");
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const properties = lzmaProperties(view.getUint8(0));
  if (properties === undefined) return corrupt("lzma", options, 0, `properties byte ${view.getUint8(0)}`);
  const declared = view.getBigUint64(5, true);
  const size = declared === UNKNOWN_SIZE ? undefined : Number(declared);
  if (size !== undefined && size > options.limit) return tooLarge("lzma", options, size);

  // A size in the header is a claim. What is behind the first guess is as large as can be, at once: pages that nothing is written to
  // take no memory, and nothing is copied twice.
  const target = size ?? options.limit + 1;
  const guess = Math.min(target, options.sizeHint ?? FIRST_GUESS);
  const decoder = new LzmaDecoder(input, new Uint8Array(guess + LZMA_MAX_MATCH));
  decoder.inputPosition = HEADER_SIZE;
  decoder.inputEnd = input.length;
  decoder.resetProperties(properties);
  decoder.resetState();
  if (!decoder.startRange()) return corrupt("lzma", options, HEADER_SIZE, "no start of LZMA data");

  for (let goal = guess; ; goal = target) {
    if (decoder.output.length < goal + LZMA_MAX_MATCH) {
      const larger = new Uint8Array(goal + LZMA_MAX_MATCH);
      larger.set(decoder.output.subarray(0, decoder.outputPosition));
      decoder.output = larger;
    }
    const stop = decoder.decode(goal, goal < target || size === undefined);
    const length = decoder.outputPosition;
    if (stop === "filled" && goal < target) continue;
    if (stop === "filled" ? size !== undefined : stop === "end-marker" && size === undefined) {
      if (length > options.limit) return tooLarge("lzma", options);
      return ok({
        bytes: decoder.output.subarray(0, length),
        trailing: input.length - decoder.inputPosition,
      });
    }
    if (stop === "filled") return tooLarge("lzma", options);
    if (stop === "truncated") return corrupt("lzma", options, input.length, "stream is cut short");
    const detail =
      stop === "end-marker" ? `end marker at ${length} of ${size} bytes` : stop.replaceAll("-", " ");
    return corrupt("lzma", options, Math.min(decoder.inputPosition, input.length), detail);
  }
};
