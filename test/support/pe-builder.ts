/** Builds PE files for decoder tests, written apart from the project's own PE code. */
export type TestPeSection = {
  readonly name: string;
  readonly data: Uint8Array;
  /** Default: the data's length. */
  readonly virtualSize?: number;
  /** Default: the data's length rounded up to the file alignment. */
  readonly rawSize?: number;
  readonly rawOffset?: number;
};

export type TestPe = {
  readonly bytes: Uint8Array;
  /** Offsets of the signature, the optional header and the section headers (40 bytes each). */
  readonly pe: number;
  readonly optional: number;
  readonly table: number;
  readonly dataOffsets: readonly number[];
};

const FILE_ALIGNMENT = 0x200;

export function buildPe(
  sections: readonly TestPeSection[],
  options: { plus?: boolean; machine?: number; certificate?: Uint8Array } = {},
): TestPe {
  const plus = options.plus ?? true;
  const pe = 0x80;
  const optional = pe + 24;
  const optionalSize = plus ? 112 + 6 * 8 : 96 + 6 * 8;
  const table = optional + optionalSize;
  let at = roundUp(table + sections.length * 40);
  const sizeOfHeaders = at;
  const dataOffsets = sections.map((section) => {
    const offset = at;
    at = roundUp(at + section.data.length);
    return offset;
  });
  const certificateOffset = at;
  const bytes = new Uint8Array(at + (options.certificate?.length ?? 0));
  const view = new DataView(bytes.buffer);

  bytes.set(Buffer.from("MZ"));
  view.setUint32(0x3c, pe, true);
  bytes.set(Buffer.from("PE\0\0"), pe);
  view.setUint16(pe + 4, options.machine ?? 0xaa64, true);
  view.setUint16(pe + 6, sections.length, true);
  view.setUint16(pe + 20, optionalSize, true);
  view.setUint16(pe + 22, 0x0206, true);
  view.setUint16(optional, plus ? 0x20b : 0x10b, true);
  view.setUint32(optional + 0x10, 0x1234, true);
  if (plus) view.setBigUint64(optional + 0x18, 0x1_4000_0000n, true);
  else view.setUint32(optional + 0x1c, 0x40_0000, true);
  view.setUint32(optional + 0x20, 0x1000, true);
  view.setUint32(optional + 0x24, FILE_ALIGNMENT, true);
  view.setUint32(optional + 0x38, 0x9000, true);
  view.setUint32(optional + 0x3c, sizeOfHeaders, true);
  view.setUint32(optional + 0x40, 0xc0ffee, true);
  view.setUint16(optional + 0x44, 10, true);
  const directoryCount = optional + (plus ? 108 : 92);
  view.setUint32(directoryCount, 6, true);
  if (options.certificate !== undefined) {
    view.setUint32(directoryCount + 4 + 4 * 8, certificateOffset, true);
    view.setUint32(directoryCount + 8 + 4 * 8, options.certificate.length, true);
    bytes.set(options.certificate, certificateOffset);
  }
  sections.forEach((section, i) => {
    const header = table + i * 40;
    const offset = dataOffsets[i] ?? 0;
    bytes.set(Buffer.from(section.name, "latin1").subarray(0, 8), header);
    view.setUint32(header + 0x08, section.virtualSize ?? section.data.length, true);
    view.setUint32(header + 0x0c, 0x1000 * (i + 1), true);
    view.setUint32(header + 0x10, section.rawSize ?? roundUp(section.data.length), true);
    view.setUint32(header + 0x14, section.rawOffset ?? offset, true);
    view.setUint32(header + 0x24, 0x40000000, true);
    bytes.set(section.data, offset);
  });
  return { bytes, pe, optional, table, dataOffsets };
}

function roundUp(value: number): number {
  return Math.ceil(value / FILE_ALIGNMENT) * FILE_ALIGNMENT;
}
