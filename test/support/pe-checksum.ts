/** CheckSum of a PE file whose field is zero, as its definition has it: word by word, each carry added back in. */
export function checksumByDefinition(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum + bytes.length;
}

/** Whether the field holds the sum of the rest. */
export function hasItsChecksum(bytes: Buffer): boolean {
  const at = bytes.readUInt32LE(0x3c) + 24 + 0x40;
  const rest = Buffer.from(bytes);
  rest.writeUInt32LE(0, at);
  return bytes.readUInt32LE(at) === checksumByDefinition(rest);
}
