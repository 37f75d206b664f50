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
  const info = words[start + 1] ?? 0;
  if ((info & 0xffffff) === 0) return "";
  if (size === 1) return " __attribute__((mode(byte)))";
  if (size !== 8) return "";
  if (kinds[id] === Kind.ENUM64) {
    // Some value makes the enum 8 bytes by itself; of signed ones that may be wrong, but so it is done.
    for (let left = info & 0xffffff, at = start + 5; left > 0; left--, at += 3) {
      if (words[at] !== 0) return "";
    }
  }
  return " __attribute__((mode(word)))";
}
