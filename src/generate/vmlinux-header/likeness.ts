import type { Btf } from "#formats/btf/btf.ts";
import { Kind } from "#formats/btf/kinds.ts";

/** A number of 64 bits. */
type Hash = { high: number; low: number };

/**
 * What tells types apart that names do not: a number of their enumerators or members, and of what they are made of. bpftool multiplies by 31 and
 * adds, modulo 2^64, over names' bytes as over what comes of them.
 */
export function likenessOf(btf: Btf, id: number): bigint {
  const { high, low } = ofType(btf, id, true);
  return (BigInt(high) << 32n) | BigInt(low);
}

function ofType(btf: Btf, id: number, withMembers: boolean): Hash {
  const hash: Hash = { high: 0, low: 0 };
  if (id === 0) return hash;
  const name = (at: number): void => {
    const offset = btf.word(id, at);
    if (offset !== 0) mix(hash, ofString(btf, offset));
  };
  name(0);
  const kind = btf.kindNumber(id);
  switch (kind) {
    case Kind.ENUM:
    case Kind.ENUM64:
      for (let left = btf.vlen(id), at = 12; left > 0; left--, at += kind === Kind.ENUM ? 8 : 12) name(at);
      break;
    case Kind.STRUCT:
    case Kind.UNION:
      if (!withMembers) break;
      for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 12) {
        name(at);
        mix(hash, ofType(btf, btf.word(id, at + 4), false));
      }
      break;
    case Kind.ARRAY:
      mix(hash, { high: 0, low: btf.word(id, 20) });
      mix(hash, ofType(btf, btf.word(id, 12), withMembers));
      break;
    case Kind.TYPE_TAG:
    case Kind.CONST:
    case Kind.PTR:
    case Kind.VOLATILE:
    case Kind.RESTRICT:
    case Kind.TYPEDEF:
    case Kind.DECL_TAG:
      mix(hash, ofType(btf, btf.word(id, 8), withMembers));
      break;
  }
  return hash;
}

function ofString(btf: Btf, offset: number): Hash {
  const hash: Hash = { high: 0, low: 0 };
  for (let at = offset, byte = btf.stringByte(at); byte !== 0; byte = btf.stringByte(++at)) {
    // A char, which has a sign on x86.
    mix(hash, byte < 0x80 ? { high: 0, low: byte } : { high: 0xffffffff, low: (byte | 0xffffff00) >>> 0 });
  }
  return hash;
}

/** `hash * 31 + value` modulo 2^64. */
function mix(hash: Hash, value: Hash): void {
  const low = hash.low * 31 + value.low;
  hash.high = (hash.high * 31 + value.high + Math.floor(low / 0x100000000)) % 0x100000000;
  hash.low = low % 0x100000000;
}
