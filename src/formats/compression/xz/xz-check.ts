import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ByteReader } from "#bytes/reader.ts";

/** How a stream checks the content of its blocks. */
export type XzCheck = {
  readonly name: string;
  /** Bytes of the stored check. */
  readonly size: number;
  readonly matches: (content: Uint8Array, stored: Uint8Array) => boolean;
};

const CHECKS: { readonly [id: number]: XzCheck } = {
  0: { name: "no check", size: 0, matches: () => true },
  1: { name: "CRC32", size: 4, matches: (content, stored) => le32(stored, 0) === crc32(content) },
  4: {
    name: "CRC64",
    size: 8,
    matches: (content, stored) => {
      const { low, high } = crc64(content);
      return le32(stored, 0) === low && le32(stored, 4) === high;
    },
  },
  10: {
    name: "SHA-256",
    size: 32,
    matches: (content, stored) => createHash("sha256").update(content).digest().equals(stored),
  },
};

/** The check that the second stream flag at `offset` names; the other ids are reserved. */
export function xzCheck(reader: ByteReader, offset: number): XzCheck {
  const id = reader.u8(offset);
  return CHECKS[id] ?? reader.fail(offset, `unknown check ${id}`);
}

/** A number in groups of 7 bits, lowest first, each byte but the last with its top bit set; at most 2^53 - 1 here. */
export function readVli(
  reader: ByteReader,
  offset: number,
): { readonly value: number; readonly length: number } {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = reader.u8(offset + i);
    value += (byte & 0x7f) * 128 ** i;
    if (byte === 0 && i > 0) reader.fail(offset, "number with a needless last byte");
    if (byte < 0x80) {
      if (!Number.isSafeInteger(value)) break;
      return { value, length: i + 1 };
    }
  }
  return reader.fail(offset, "number beyond any possible size");
}

function le32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}

// CRC-64/ECMA-182, reflected, as 32-bit halves: 64-bit integers would be a hundred times slower.
const CRC64_LOW = 0xd7870f42;
const CRC64_HIGH = 0xc96c5795;

function crc64Table(): { readonly low: Uint32Array; readonly high: Uint32Array } {
  const low = new Uint32Array(256);
  const high = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let l = byte;
    let h = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = (l & 1) !== 0;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (odd) {
        l ^= CRC64_LOW;
        h ^= CRC64_HIGH;
      }
    }
    low[byte] = l;
    high[byte] = h;
  }
  return { low, high };
}

function crc64(bytes: Uint8Array): { readonly low: number; readonly high: number } {
  const table = crc64Table();
  let low = -1;
  let high = -1;
  for (let i = 0; i < bytes.length; i++) {
    const index = (low ^ (bytes[i] ?? 0)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (table.low[index] ?? 0);
    high = (high >>> 8) ^ (table.high[index] ?? 0);
  }
  return { low: ~low >>> 0, high: ~high >>> 0 };
}
