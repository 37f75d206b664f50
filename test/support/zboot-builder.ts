/** Where the payload begins. */
const START = 0x80;

/** Builds the DOS header of a zboot image with a payload behind it; no PE header follows. */
export function buildZboot(
  payload: Uint8Array,
  options: { compression?: string; payloadOffset?: number; payloadSize?: number } = {},
): Uint8Array {
  const bytes = new Uint8Array(START + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from("MZ\0\0zimg", "latin1"));
  view.setUint32(0x08, options.payloadOffset ?? START, true);
  view.setUint32(0x0c, options.payloadSize ?? payload.length, true);
  bytes.set(Buffer.from(options.compression ?? "zstd22", "latin1"), 0x18);
  view.setUint32(0x38, 0x818223cd, true);
  view.setUint32(0x3c, 0x40, true);
  bytes.set(payload, START);
  return bytes;
}

/** Offsets and sizes of payloads that do not lie inside a file which was built with one of `length` bytes. */
export function payloadsOutside(length: number): readonly [title: string, offset: number, size: number][] {
  return [
    ["one byte past the end", START, length + 1],
    ["at the end of the file", START + length, 1],
    ["of INT_MAX", START, 0x7fff_ffff],
    ["of UINT_MAX", START, 0xffff_ffff],
    ["at UINT_MAX", 0xffff_ffff, 1],
    ["whose end wraps in 32 bits", 0xffff_fff0, 0x20],
  ];
}
