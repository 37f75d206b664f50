import { Kind } from "#formats/btf/kinds.ts";
import { REFERRED_AT, type Tables } from "./tables.ts";

/** A number of 64 bits, in two halves. */
export type Likeness = { high: number; low: number };

/**
 * What tells types apart that names do not: a number made of their enumerators or members, and of what they are made of. bpftool multiplies by 31
 * and adds, modulo 2^64, over names' bytes as over what comes of them.
 */
export function likenessOf(tables: Tables, id: number, withMembers = true): Likeness {
  const hash: Likeness = { high: 0, low: 0 };
  const { words, starts, kinds } = tables;
  const kind = kinds[id] ?? 0;
  if (kind === 0) return hash;
  const start = starts[id] ?? 0;
  const count = (words[start + 1] ?? 0) & 0xffffff;
  mixName(hash, tables, words[start] ?? 0);
  const reference = REFERRED_AT[kind] ?? 0;
  if (reference > 0) {
    if (kind === Kind.ARRAY) mix(hash, 0, words[start + 5] ?? 0);
    const inner = likenessOf(tables, words[start + reference] ?? 0, withMembers);
    mix(hash, inner.high, inner.low);
  } else if (kind === Kind.ENUM || kind === Kind.ENUM64) {
    const size = kind === Kind.ENUM ? 2 : 3;
    for (let i = 0, at = start + 3; i < count; i++, at += size) mixName(hash, tables, words[at] ?? 0);
  } else if (withMembers && (kind === Kind.STRUCT || kind === Kind.UNION)) {
    for (let i = 0, at = start + 3; i < count; i++, at += 3) {
      mixName(hash, tables, words[at] ?? 0);
      const inner = likenessOf(tables, words[at + 1] ?? 0, false);
      mix(hash, inner.high, inner.low);
    }
  }
  return hash;
}

export const NO_LIKENESS: Readonly<Likeness> = { high: 0, low: 0 };

export function compareLikeness(a: Readonly<Likeness>, b: Readonly<Likeness>): number {
  return a.high - b.high || a.low - b.low;
}

function mixName(hash: Likeness, { strings }: Tables, name: number): void {
  if (name === 0) return;
  let high = 0;
  let low = 0;
  for (let at = name, byte = strings[at] ?? 0; byte !== 0; byte = strings[++at] ?? 0) {
    // A char, which has a sign on x86.
    const sum = low * 31 + (byte < 0x80 ? byte : byte + 0xffffff00);
    high = (high * 31 + (byte < 0x80 ? 0 : 0xffffffff) + Math.floor(sum / 0x100000000)) % 0x100000000;
    low = sum % 0x100000000;
  }
  mix(hash, high, low);
}

/** `hash * 31 + value` modulo 2^64. */
function mix(hash: Likeness, high: number, low: number): void {
  const sum = hash.low * 31 + low;
  hash.high = (hash.high * 31 + high + Math.floor(sum / 0x100000000)) % 0x100000000;
  hash.low = sum % 0x100000000;
}
