import type { ByteReader } from "#bytes/reader.ts";

/** Identifier octets of the ASN.1 types that CMS messages are made of (X.690, 8.1.2). */
export const TAG = {
  integer: 0x02,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
  /** Context-specific, primitive and constructed. */
  primitive0: 0x80,
  constructed0: 0xa0,
  constructed1: 0xa1,
} as const;

export type DerElement = {
  readonly tag: number;
  readonly content: ByteReader;
  /** Of the element's identifier, from the start of the reader that it was read from. */
  readonly offset: number;
};

/** Lengths of more octets than this are beyond any file. */
const MAX_LENGTH_OCTETS = 4;

/**
 * The elements that fill a reader, one behind the other. The decoding fails on what DER does not have (indefinite
 * lengths) or this project does not need (tags above 30), and where an element reaches past the end.
 *
 * @param section the content's name in failures
 */
export function derElements(reader: ByteReader, section: string): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < reader.length; ) {
    const tag = reader.u8(offset);
    if ((tag & 0x1f) === 0x1f) reader.fail(offset, `tag 0x${tag.toString(16)} of more than one octet`);
    let length = reader.u8(offset + 1);
    let start = offset + 2;
    if (length >= 0x80) {
      const octets = length - 0x80;
      if (octets === 0) reader.fail(offset + 1, "indefinite length");
      if (octets > MAX_LENGTH_OCTETS) reader.fail(offset + 1, `length of ${octets} octets`);
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + reader.u8(start + i);
      start += octets;
    }
    elements.push({ tag, content: reader.part(section, start, length), offset });
    offset = start + length;
  }
  return elements;
}

/** An object identifier in dotted form. */
export function derOid(content: ByteReader): string {
  if (content.length === 0) content.fail(0, "empty object identifier");
  const arcs: number[] = [];
  let arc = 0;
  for (let i = 0; i < content.length; i++) {
    const octet = content.u8(i);
    arc = arc * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(arc)) content.fail(i, "object identifier with an arc above 2^53");
    if (octet >= 0x80) {
      if (i === content.length - 1) content.fail(i, "object identifier ends within an arc");
      continue;
    }
    if (arcs.length > 0) arcs.push(arc);
    else arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    arc = 0;
  }
  return arcs.join(".");
}
