const MODULUS = 65521;
/** Most bytes before the sums must be reduced: they stay below 2^53 by far, and within 32 bits. */
const STRIDE = 3800;

/** The Adler-32 checksum (RFC 1950, section 8.2), 0 to 2^32 - 1. */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + STRIDE, bytes.length);
    for (; at < end; at++) {
      low += bytes[at] ?? 0;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return ((high << 16) | low) >>> 0;
}
