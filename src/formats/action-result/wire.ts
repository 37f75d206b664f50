/*
 * Protocol Buffers' wire format, as far as an ActionResult has it (https://protobuf.dev/programming-guides/encoding/):
 *
 *     field   varint  number << 3 | type
 *     type 0  varint: seven bits a byte, the lowest first, the top bit set in all bytes but the last
 *     type 1  8 bytes
 *     type 2  varint length, and so many bytes
 *     type 5  4 bytes
 */
import type { ByteReader } from "#bytes/reader.ts";

const TYPE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Ten bytes of seven bits hold 64. */
const LONGEST_VARINT = 10;

export type WireField = { readonly number: number } & (
  | { readonly type: "varint"; readonly value: bigint }
  | { readonly type: "bytes"; readonly value: ByteReader }
);

/** The fields of a message in their order, but for those of types that no ActionResult uses. */
export function wireFields(message: ByteReader, section: string): readonly WireField[] {
  const fields: WireField[] = [];
  for (let at = 0; at < message.length; ) {
    const key = varint(message, at);
    at = key.end;
    const number = Number(key.value >> 3n);
    const type = Number(key.value & 7n);
    if (number === 0) message.fail(at - 1, "field 0, which no message has");
    if (type === TYPE.varint) {
      const { value, end } = varint(message, at);
      fields.push({ number, type: "varint", value });
      at = end;
    } else if (type === TYPE.bytes) {
      const length = varint(message, at);
      if (length.value > BigInt(message.length)) message.fail(at, `field ${number} reaches beyond the end`);
      const size = Number(length.value);
      fields.push({ number, type: "bytes", value: message.part(section, length.end, size) });
      at = length.end + size;
    } else if (type === TYPE.fixed64 || type === TYPE.fixed32) {
      const size = type === TYPE.fixed64 ? 8 : 4;
      message.slice(at, size);
      at += size;
    } else message.fail(at - 1, `wire type ${type}`);
  }
  return fields;
}

function varint(reader: ByteReader, start: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let i = 0; i < LONGEST_VARINT; i += 1) {
    const byte = reader.u8(start + i);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return reader.fail(start, "a number of more than ten bytes");
}

function encodedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A field with a number; none where it is 0, the default. */
export function numberField(number: number, value: number): Buffer {
  if (value === 0) return Buffer.alloc(0);
  return Buffer.concat([encodedVarint((number << 3) | TYPE.varint), encodedVarint(value)]);
}

/** A field with bytes, text or a message. */
export function bytesField(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([encodedVarint((number << 3) | TYPE.bytes), encodedVarint(bytes.length), bytes]);
}
