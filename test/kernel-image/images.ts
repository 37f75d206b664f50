/** Boot headers of uncompressed kernels, written after Documentation/arch, with `content` behind them. */
export function bootImage(arch: "arm64" | "riscv" | "loongarch", content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(64 + content.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0x10, 0x100000n, true);
  if (arch === "arm64") bytes.set(Buffer.from("ARM\x64"), 0x38);
  if (arch === "riscv") bytes.set(Buffer.from("RSC\x05"), 0x38);
  if (arch === "loongarch") {
    bytes.set(Buffer.from("MZ"));
    view.setUint32(0x38, 0x818223cd, true);
  }
  bytes.set(content, 64);
  return bytes;
}

/** A bzImage of protocol 2.15 whose payload is `stream`, as arch/x86/boot/header.S has it with its EFI stub. */
export function bzImage(stream: Uint8Array, uncompressedSize: number): Uint8Array {
  const payload = 2 * 512;
  const bytes = new Uint8Array(payload + stream.length + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from("MZ"));
  view.setUint32(0x38, 0x818223cd, true);
  view.setUint32(0x3c, 0x40, true);
  view.setUint8(0x1f1, 1);
  view.setUint16(0x1fe, 0xaa55, true);
  bytes.set(Buffer.from("HdrS"), 0x202);
  view.setUint16(0x206, 0x020f, true);
  view.setUint32(0x248, 0, true);
  view.setUint32(0x24c, stream.length + 4, true);
  bytes.set(stream, payload);
  view.setUint32(payload + stream.length, uncompressedSize, true);
  return bytes;
}
