import type { Decompressed } from "./types.ts";

const DEVICE_TREE = [0xd0, 0x0d, 0xfe, 0xed];
const SIZE_TRAILER = 4;

/**
 * What to tell of the bytes behind the last stream; undefined where there are none, or no more than the uncompressed size that
 * kernel builds append.
 *
 * @param input what was decompressed
 */
export function trailingText(
  input: Uint8Array,
  stream: string,
  { bytes, trailing }: Decompressed,
): string | undefined {
  if (trailing === 0) return undefined;
  const rest = input.subarray(input.length - trailing);
  if (trailing === SIZE_TRAILER) {
    const size = new DataView(rest.buffer, rest.byteOffset, SIZE_TRAILER).getUint32(0, true);
    if (size === bytes.length) return undefined;
  }
  const deviceTree = DEVICE_TREE.every((byte, i) => rest[i] === byte) ? " (a device tree)" : "";
  const zero = rest.every((byte) => byte === 0) ? ", all zero," : "";
  const count = trailing === 1 ? "1 byte" : `${trailing} bytes`;
  return `${count}${deviceTree}${zero} behind ${stream} ${trailing === 1 ? "is" : "are"} no part of it`;
}
