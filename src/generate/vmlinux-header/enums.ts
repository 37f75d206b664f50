import { Kind } from "#formats/btf/kinds.ts";
import type { Tables } from "./tables.ts";

/** An enumerator of 64 bits, in halves. */
export function wideValue(low: number, high: number, isSigned: boolean): string {
  const value = (BigInt(high) << 32n) | BigInt(low);
  return isSigned ? `${BigInt.asIntN(64, value)}LL` : `${value}ULL`;
}

/** What gives an enum its size, where that is not the compiler's own choice. */
export function enumAttribute({ words, starts, kinds }: Tables, id: number): string {
  const start = starts[id] ?? 0;
  const size = words[start + 2];
  if (size === 1) return " __attribute__((mode(byte)))";
  if (size !== 8) return "";
  const info = words[start + 1] ?? 0;
  const isSigned = info >>> 31 === 1;
  if (kinds[id] === Kind.ENUM64) {
    // Some value makes the enum 8 bytes by itself.
    for (let left = info & 0xffffff, at = start + 4; left > 0; left--, at += 3) {
      const high = words[at + 1] ?? 0;
      const narrow = isSigned ? ((words[at] ?? 0) | 0) >> 31 : 0;
      if ((high | 0) !== narrow) return "";
    }
  }
  return " __attribute__((mode(word)))";
}
