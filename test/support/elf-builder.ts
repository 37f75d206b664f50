/**
 * Builds ELF files for decoder tests, written apart from the project's encoder and able to break any field.
 * Layout: file header at 0, section data from 64, section headers behind them, then program headers.
 */
export type TestSection = {
  readonly name: string;
  readonly type?: number;
  readonly flags?: number;
  readonly data?: Uint8Array;
  readonly link?: number;
  readonly info?: number;
  readonly entsize?: number;
  /** sh_offset and sh_size as written, where they are not true. */
  readonly offset?: bigint;
  readonly size?: bigint;
  readonly address?: bigint;
};

export type TestProgram = {
  readonly type: number;
  readonly offset: bigint;
  readonly filesz: bigint;
  readonly vaddr?: bigint;
  readonly paddr?: bigint;
  readonly memsz?: bigint;
  readonly align?: bigint;
};

export type TestElf = {
  readonly bytes: Uint8Array;
  /** Offset of the section header table; the header of section n is 64 * n further. */
  readonly shoff: number;
  /** Offset of each section's data, by section number. */
  readonly offsets: readonly number[];
};

export function buildElf(
  given: readonly TestSection[],
  options: {
    littleEndian?: boolean;
    machine?: number;
    type?: number;
    /** Replaces the section names made from the sections. */
    shstrtab?: Uint8Array;
    programs?: readonly TestProgram[];
    entry?: bigint;
  } = {},
): TestElf {
  const le = options.littleEndian ?? true;
  const names = ["", ...given.map((section) => section.name), ".shstrtab"];
  const nameOffsets: number[] = [];
  let text = "";
  for (const name of names) {
    nameOffsets.push(name === "" ? 0 : text.length);
    if (name !== "" || text === "") text += `${name}\0`;
  }
  const sections: TestSection[] = [
    { name: "", type: 0 },
    ...given,
    { name: ".shstrtab", type: 3, data: options.shstrtab ?? Buffer.from(text, "latin1") },
  ];

  let at = 64;
  const offsets = sections.map((section) => {
    at = Math.ceil(at / 8) * 8;
    const offset = section.data === undefined ? 0 : at;
    at += section.data?.length ?? 0;
    return offset;
  });
  const shoff = Math.ceil(at / 8) * 8;
  const programs = options.programs ?? [];
  const phoff = shoff + sections.length * 64;
  const bytes = new Uint8Array(phoff + programs.length * 56);
  const view = new DataView(bytes.buffer);

  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, le ? 1 : 2, 1]);
  view.setUint16(0x10, options.type ?? 1, le);
  view.setUint16(0x12, options.machine ?? 183, le);
  view.setUint32(0x14, 1, le);
  view.setBigUint64(0x18, options.entry ?? 0xffff_8000_0000_0000n, le);
  view.setBigUint64(0x20, BigInt(programs.length === 0 ? 0 : phoff), le);
  view.setBigUint64(0x28, BigInt(shoff), le);
  view.setUint16(0x34, 64, le);
  view.setUint16(0x36, 56, le);
  view.setUint16(0x38, programs.length, le);
  view.setUint16(0x3a, 64, le);
  view.setUint16(0x3c, sections.length, le);
  view.setUint16(0x3e, sections.length - 1, le);

  sections.forEach((section, i) => {
    const header = shoff + i * 64;
    const data = section.data ?? new Uint8Array(0);
    bytes.set(data, offsets[i] ?? 0);
    view.setUint32(header, nameOffsets[i] ?? 0, le);
    view.setUint32(header + 0x04, section.type ?? 1, le);
    view.setBigUint64(header + 0x08, BigInt(section.flags ?? 0), le);
    view.setBigUint64(header + 0x10, section.address ?? 0n, le);
    view.setBigUint64(header + 0x18, section.offset ?? BigInt(offsets[i] ?? 0), le);
    view.setBigUint64(header + 0x20, section.size ?? BigInt(data.length), le);
    view.setUint32(header + 0x28, section.link ?? 0, le);
    view.setUint32(header + 0x2c, section.info ?? 0, le);
    view.setBigUint64(header + 0x30, 1n, le);
    view.setBigUint64(header + 0x38, BigInt(section.entsize ?? 0), le);
  });
  programs.forEach((program, i) => {
    view.setUint32(phoff + i * 56, program.type, le);
    view.setBigUint64(phoff + i * 56 + 0x08, program.offset, le);
    view.setBigUint64(phoff + i * 56 + 0x10, program.vaddr ?? 0n, le);
    view.setBigUint64(phoff + i * 56 + 0x18, program.paddr ?? 0n, le);
    view.setBigUint64(phoff + i * 56 + 0x20, program.filesz, le);
    view.setBigUint64(phoff + i * 56 + 0x28, program.memsz ?? 0n, le);
    view.setBigUint64(phoff + i * 56 + 0x30, program.align ?? 0n, le);
  });
  return { bytes, shoff, offsets };
}

export type TestSymbol = {
  readonly name: string;
  readonly section: number;
  readonly value: bigint;
  readonly size: bigint;
  readonly info?: number;
};

/** `.symtab` and `.strtab` sections; `link` is the number that `.strtab` will have. */
export function symbolSections(symbols: readonly TestSymbol[], link: number, le = true): TestSection[] {
  let text = "\0";
  const table = new Uint8Array((symbols.length + 1) * 24);
  const view = new DataView(table.buffer);
  symbols.forEach((symbol, i) => {
    const at = (i + 1) * 24;
    view.setUint32(at, text.length, le);
    view.setUint8(at + 4, symbol.info ?? 0x11);
    view.setUint16(at + 6, symbol.section, le);
    view.setBigUint64(at + 8, symbol.value, le);
    view.setBigUint64(at + 16, symbol.size, le);
    text += `${symbol.name}\0`;
  });
  return [
    { name: ".symtab", type: 2, data: table, link, info: 1, entsize: 24 },
    { name: ".strtab", type: 3, data: Buffer.from(text, "latin1") },
  ];
}

/** A copy with some bytes changed: `edit` gets a view of it. */
export function edited(bytes: Uint8Array, edit: (view: DataView, copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(bytes);
  edit(new DataView(copy.buffer), copy);
  return copy;
}
