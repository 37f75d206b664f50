/** Builds the DOS header of a zboot image with a payload behind it; no PE header follows. */
export function buildZboot(
  payload: Uint8Array,
  options: { compression?: string; payloadOffset?: number; payloadSize?: number } = {},
): Uint8Array {
  const at = 0x80;
  const bytes = new Uint8Array(at + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from("MZ\0\0zimg", "latin1"));
  view.setUint32(0x08, options.payloadOffset ?? at, true);
  view.setUint32(0x0c, options.payloadSize ?? payload.length, true);
  bytes.set(Buffer.from(options.compression ?? "zstd22", "latin1"), 0x18);
  view.setUint32(0x38, 0x818223cd, true);
  view.setUint32(0x3c, 0x40, true);
  bytes.set(payload, at);
  return bytes;
}
