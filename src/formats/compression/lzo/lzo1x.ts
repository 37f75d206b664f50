import type { ByteReader } from "#bytes/reader.ts";

/** What an LZO1X block turned out to be, where it does not decode to exactly the room that it was given. */
export type Lzo1xStop = "filled" | "too-short" | "too-long";

/**
 * Decodes one LZO1X block: instructions of one byte, which say how far and how much to copy from the output, each
 * with up to three literals behind it, and runs of literals of their own. Long lengths continue with zero
 * bytes of 255 each. `L` is length, `D` distance, `s` the literals that follow:
 *
 *     0000LLLL           4 or more literals (L + 3), where no literals stand before it
 *     0000DDss D         2 bytes from up to 1 KiB back, behind 1 to 3 literals
 *     0000DDss D         3 bytes from 2 to 3 KiB back, behind a run of literals
 *     0001DLLL ssD D     L + 2 bytes from 16 to 48 KiB back; distance 16 KiB exactly ends the block
 *     001LLLLL ssD D     L + 2 bytes from up to 16 KiB back
 *     01LDDDss D         3 or 4 bytes from up to 2 KiB back
 *     1LLDDDss D         5 to 8 bytes from up to 2 KiB back
 *
 * A first byte above 17 stands for that many literals less 17.
 *
 * @param reader the whole input; ends the decoding at the place where a block breaks the format
 * @param out exactly the block's declared size
 *
 * Source: Linux, Documentation/staging/lzo.rst (bitstream version 0, which lzop writes).
 */
export function decodeLzo1x(
  reader: ByteReader,
  block: { readonly start: number; readonly end: number },
  out: Uint8Array,
): Lzo1xStop {
  const input = reader.bytes;
  let from = block.start;
  let to = 0;

  const byte = (): number => {
    if (from >= block.end) reader.fail(from, "block ends inside an instruction");
    return input[from++] ?? 0;
  };
  /** A length of 0 in its field continues: zero bytes add 255, the first other byte itself. */
  const extended = (largest: number): number => {
    let sum = largest;
    for (;;) {
      const next = byte();
      if (next !== 0) return sum + next;
      sum += 255;
    }
  };
  const literals = (count: number): boolean => {
    if (count > block.end - from) reader.fail(from, `${count} literals, ${block.end - from} bytes left`);
    if (count > out.length - to) return false;
    for (let i = 0; i < count; i++) out[to++] = input[from++] ?? 0;
    return true;
  };

  /** Literals before the next instruction: 0, 1 to 3, or 4 for a run. */
  let before = 0;
  const first = block.start < block.end ? (input[block.start] ?? 0) : 0;
  if (first > 17) {
    from++;
    if (!literals(first - 17)) return "too-long";
    before = Math.min(first - 17, 4);
  }
  for (;;) {
    const at = from;
    const code = byte();
    let distance: number;
    let length: number;
    let following = code & 3;
    if (code >= 64) {
      distance = 1 + ((code >>> 2) & 7) + (byte() << 3);
      length = (code >>> 5) + 1;
    } else if (code >= 16) {
      const near = code >= 32;
      const largest = near ? 31 : 7;
      length = 2 + (code & largest || extended(largest));
      const word = byte() | (byte() << 8);
      following = word & 3;
      distance = (near ? 1 : 0x4000 + ((code & 8) << 11)) + (word >>> 2);
      if (!near && distance === 0x4000) {
        if (length !== 3) reader.fail(at, `end of block with length ${length}`);
        if (from !== block.end) reader.fail(from, `${block.end - from} bytes behind the end of the block`);
        return to === out.length ? "filled" : "too-short";
      }
    } else if (before === 0) {
      if (!literals(3 + (code || extended(15)))) return "too-long";
      before = 4;
      continue;
    } else {
      distance = 1 + (code >>> 2) + (byte() << 2) + (before === 4 ? 0x800 : 0);
      length = before === 4 ? 3 : 2;
    }
    if (distance > to) reader.fail(at, `distance ${distance} at byte ${to} of the block`);
    if (length > out.length - to) return "too-long";
    for (const end = to + length; to < end; to++) out[to] = out[to - distance] ?? 0;
    if (!literals(following)) return "too-long";
    before = following;
  }
}
