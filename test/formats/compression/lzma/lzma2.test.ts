import { describe, expect, test } from "vitest";
import { ByteReader, decoding } from "#bytes/reader.ts";
import { GrowingOutput } from "#formats/compression/growing-output.ts";
import {
  DISTANCE_SLOT,
  IS_MATCH,
  IS_REP,
  LENGTH_LOW,
  LITERAL,
  LITERAL_CODER,
  MATCH_LENGTH,
  PROBABILITY_INIT,
} from "#formats/compression/lzma/lzma-model.ts";
import { RangeEncoder } from "#formats/compression/lzma/lzma-range-encoder.ts";
import { decodeLzma2, lzma2Extent } from "#formats/compression/lzma/lzma2.ts";

/** A chunk of four bytes that are all copied from `distance` bytes before its beginning; lc, lp and pb are 0. */
function copyingChunk(control: number, distance: 1 | 2 | 3): Buffer {
  const out = new GrowingOutput(1000);
  const range = new RangeEncoder(out, new Uint16Array(LITERAL + LITERAL_CODER).fill(PROBABILITY_INIT));
  range.bit(IS_MATCH, 1);
  range.bit(IS_REP, 0);
  range.bit(MATCH_LENGTH, 0);
  range.tree(MATCH_LENGTH + LENGTH_LOW, 4 - 2, 3);
  range.tree(DISTANCE_SLOT + 2 * 64, distance - 1, 6);
  range.finish();
  const { bytes } = out;
  return Buffer.concat([Uint8Array.of(control, 0, 4 - 1, 0, bytes.length - 1, 0), bytes]);
}

/** A chunk that is stored. */
const stored = (control: 1 | 2, text: string) =>
  Buffer.concat([Uint8Array.of(control, 0, text.length - 1), Buffer.from(text)]);

const END = Uint8Array.of(0);
const NEW_PROPERTIES = 0xc0;
const NEW_DICTIONARY = 0xe0;

function decoded(...chunks: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(chunks);
  const result = decoding(() => {
    const reader = new ByteReader(bytes, { format: "xz", section: "compressed data" });
    const extent = lzma2Extent(reader, 0);
    const output = new Uint8Array(extent.uncompressed);
    decodeLzma2(reader, extent, output);
    return Buffer.from(output).toString();
  });
  return result.ok ? result.value : result.failure.detail;
}

describe("an LZMA2 chunk that copies", () => {
  test("from the chunk before it gives those bytes", () => {
    expect(decoded(stored(1, "abc"), copyingChunk(NEW_PROPERTIES, 3), END)).toBe("abcabca");
    expect(decoded(stored(1, "abc"), copyingChunk(NEW_PROPERTIES, 1), END)).toBe("abccccc");
  });

  test("from before its own reset of the dictionary is refused", () => {
    for (const distance of [1, 2, 3] as const) {
      const chunks = [stored(1, "abc"), copyingChunk(NEW_DICTIONARY, distance), END];
      expect(decoded(...chunks)).toBe("LZMA2 chunk: bad distance");
    }
  });

  test("from before the reset of a stored chunk is refused, up to its beginning it is not", () => {
    expect(decoded(stored(1, "abc"), stored(1, "de"), copyingChunk(NEW_PROPERTIES, 3), END)).toBe(
      "LZMA2 chunk: bad distance",
    );
    expect(decoded(stored(1, "abc"), stored(1, "de"), copyingChunk(NEW_PROPERTIES, 2), END)).toBe(
      "abcdedede",
    );
    expect(decoded(stored(1, "abc"), stored(2, "de"), copyingChunk(NEW_PROPERTIES, 3), END)).toBe(
      "abcdecdec",
    );
  });
});
