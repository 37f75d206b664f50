import { endianness } from "node:os";

const HOST_IS_LITTLE = endianness() === "LE";

/**
 * `bytes` as 32-bit words in the host's byte order, of which the type section consists throughout: a
 * view where order and alignment allow it, else a copy. A last incomplete word is left out.
 * Plain array reads make opening a kernel's BTF several times faster than a checked read each.
 */
export function wordsOf(bytes: Uint8Array, littleEndian: boolean): Uint32Array {
  const count = bytes.length >>> 2;
  const sameOrder = littleEndian === HOST_IS_LITTLE;
  if (sameOrder && bytes.byteOffset % 4 === 0) {
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  }
  const copy = new Uint8Array(bytes.subarray(0, 4 * count));
  if (!sameOrder) Buffer.from(copy.buffer).swap32();
  return new Uint32Array(copy.buffer);
}
