import type { ByteReader } from "#bytes/reader.ts";
import { LzmaDecoder, lzmaProperties } from "./lzma-decoder.ts";

type Chunk = {
  readonly control: number;
  /** Offset of the chunk's data, behind its header. */
  readonly start: number;
  /** Bytes of data in the input. */
  readonly compressed: number;
  readonly uncompressed: number;
  /** Properties byte, in the chunks that set new ones. */
  readonly properties: number | undefined;
};

/** An LZMA2 stream's chunks, found by their headers alone. */
export type Lzma2Extent = {
  readonly chunks: readonly Chunk[];
  /** Offset behind the end mark. */
  readonly end: number;
  /** Exact size of the output, in bytes. */
  readonly uncompressed: number;
};

const RESET_DICTIONARY = 3;
const RESET_PROPERTIES = 2;
const RESET_STATE = 1;

/**
 * Walks the chunks from `start` to the end mark, so that the size of the output is known before there is any:
 *
 *     00                   end mark
 *     01 | 02   u16        uncompressed chunk (size less 1, big-endian); 01 empties the dictionary
 *     80..ff    u16 u16 [properties]   LZMA chunk: low 5 bits of the control byte and the first u16 are the
 *                          uncompressed size less 1, the second is the compressed size less 1; bits 5-6 say what is reset
 *
 * Source: xz-embedded and the LZMA SDK describe it; there is no text of its own.
 */
export function lzma2Extent(reader: ByteReader, start: number): Lzma2Extent {
  const chunks: Chunk[] = [];
  let at = start;
  let uncompressed = 0;
  for (;;) {
    const control = reader.u8(at);
    if (control === 0) return { chunks, end: at + 1, uncompressed };
    const chunk = readChunk(reader, at, control);
    if (chunks.length === 0 && control !== 1 && control < 0xe0) {
      reader.fail(at, "first LZMA2 chunk does not empty the dictionary");
    }
    reader.slice(chunk.start, chunk.compressed);
    chunks.push(chunk);
    uncompressed += chunk.uncompressed;
    at = chunk.start + chunk.compressed;
  }
}

function readChunk(reader: ByteReader, at: number, control: number): Chunk {
  const size = ((reader.u8(at + 1) << 8) | reader.u8(at + 2)) + 1;
  if (control < 0x80) {
    if (control > 2) reader.fail(at, `LZMA2 control byte ${control}`);
    return { control, start: at + 3, compressed: size, uncompressed: size, properties: undefined };
  }
  const hasProperties = ((control >>> 5) & 3) >= RESET_PROPERTIES;
  return {
    control,
    start: at + (hasProperties ? 6 : 5),
    compressed: ((reader.u8(at + 3) << 8) | reader.u8(at + 4)) + 1,
    uncompressed: ((control & 0x1f) << 16) + size,
    properties: hasProperties ? reader.u8(at + 5) : undefined,
  };
}

/** Decodes a walked stream into `output`, which has exactly its size. */
export function decodeLzma2(reader: ByteReader, extent: Lzma2Extent, output: Uint8Array): void {
  const decoder = new LzmaDecoder(reader.bytes, output);
  // What the stream must still set before an LZMA chunk may rely on it.
  let needed = RESET_PROPERTIES;
  for (const chunk of extent.chunks) {
    if (chunk.control < 0x80) {
      if (chunk.control === 1) decoder.dictionaryStart = decoder.outputPosition;
      output.set(reader.slice(chunk.start, chunk.compressed), decoder.outputPosition);
      decoder.outputPosition += chunk.uncompressed;
      continue;
    }
    const reset = (chunk.control >>> 5) & 3;
    if (reset < needed) reader.fail(chunk.start, "LZMA2 chunk without the properties or state that it needs");
    needed = 0;
    if (reset === RESET_DICTIONARY) decoder.dictionaryStart = decoder.outputPosition;
    if (chunk.properties !== undefined) {
      const properties = lzmaProperties(chunk.properties);
      if (properties === undefined || properties.lc + properties.lp > 4) {
        reader.fail(chunk.start - 1, `LZMA2 properties byte ${chunk.properties}`);
      }
      decoder.resetProperties(properties);
    }
    if (reset >= RESET_STATE) decoder.resetState();
    decodeChunk(reader, decoder, chunk);
  }
}

function decodeChunk(reader: ByteReader, decoder: LzmaDecoder, chunk: Chunk): void {
  decoder.inputPosition = chunk.start;
  decoder.inputEnd = chunk.start + chunk.compressed;
  if (!decoder.startRange()) reader.fail(chunk.start, "no start of LZMA data");
  const stop = decoder.decode(decoder.outputPosition + chunk.uncompressed, false);
  if (stop !== "filled") reader.fail(chunk.start, `LZMA2 chunk: ${stop.replaceAll("-", " ")}`);
  if (decoder.inputPosition !== decoder.inputEnd || !decoder.finished) {
    reader.fail(chunk.start, "LZMA2 chunk's data do not end with its output");
  }
}
