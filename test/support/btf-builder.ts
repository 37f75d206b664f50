/**
 * Writes BTF from Documentation/bpf/btf.rst alone: it shares no table and no constant with the decoder
 * that it is there to test. Ids are handed out in the order of the calls.
 */
export type BuilderOptions = {
  readonly littleEndian?: boolean;
  /** Makes split BTF that continues this one. */
  readonly base?: BtfBuilder;
};

export type BuiltMember = {
  readonly name: string;
  readonly type: number;
  readonly at: number;
  readonly width?: number;
};

export type BuildOverrides = {
  /** Bytes of the header; those behind the known fields are `headerExtra` or zero. */
  readonly headerLength?: number;
  readonly headerExtra?: number;
  readonly magic?: number;
  readonly version?: number;
  readonly flags?: number;
  readonly typeOffset?: number;
  readonly typeLength?: number;
  readonly stringOffset?: number;
  readonly stringLength?: number;
  /** Raw string section instead of the collected one. */
  readonly strings?: Uint8Array;
  /** Each kind's `[info_sz, elem_sz]`, written behind the strings with a 32-byte header. */
  readonly layout?: readonly (readonly [number, number])[];
  /** Bytes behind everything. */
  readonly tail?: readonly number[];
};

export class BtfBuilder {
  readonly littleEndian: boolean;
  readonly base: BtfBuilder | undefined;
  readonly words: number[] = [];
  nextId: number;
  #strings: number[];
  readonly #offsets = new Map<string, number>();

  constructor({ littleEndian, base }: BuilderOptions = {}) {
    this.base = base;
    this.littleEndian = littleEndian ?? base?.littleEndian ?? true;
    this.nextId = base?.nextId ?? 1;
    this.#strings = base === undefined ? [0] : [];
  }

  /** The end of the string offsets that this and its bases have. */
  get stringEnd(): number {
    return (this.base?.stringEnd ?? 0) + this.#strings.length;
  }

  string(text: string): number {
    if (text === "") return 0;
    const known = this.base?.stringOffset(text) ?? this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.stringEnd;
    this.#offsets.set(text, offset);
    this.#strings.push(...Buffer.from(text, "latin1"), 0);
    return offset;
  }

  stringOffset(text: string): number | undefined {
    return this.#offsets.get(text) ?? this.base?.stringOffset(text);
  }

  /** Any record: three words and what stands behind them. */
  record(
    nameOffset: number,
    kind: number,
    vlen: number,
    flag: boolean,
    third: number,
    ...rest: number[]
  ): number {
    const info = (flag ? 0x80000000 : 0) + kind * 0x1000000 + vlen;
    this.words.push(nameOffset, info, third, ...rest);
    return this.nextId++;
  }

  int(name: string, size: number, encoding = 0, bits = size * 8, offset = 0): number {
    return this.record(this.string(name), 1, 0, false, size, encoding * 0x1000000 + offset * 0x10000 + bits);
  }

  ptr(type: number): number {
    return this.record(0, 2, 0, false, type);
  }

  array(type: number, index: number, length: number): number {
    return this.record(0, 3, 0, false, 0, type, index, length);
  }

  struct(name: string, size: number, members: readonly BuiltMember[]): number {
    return this.#composite(4, name, size, members);
  }

  union(name: string, size: number, members: readonly BuiltMember[]): number {
    return this.#composite(5, name, size, members);
  }

  #composite(kind: number, name: string, size: number, members: readonly BuiltMember[]): number {
    const flag = members.some(({ width }) => width !== undefined);
    const rest = members.flatMap(({ name, type, at, width }) => [
      this.string(name),
      type,
      (width ?? 0) * 0x1000000 + at,
    ]);
    return this.record(this.string(name), kind, members.length, flag, size, ...rest);
  }

  enum(name: string, values: Readonly<Record<string, number>>, signed = false, size = 4): number {
    const list = Object.entries(values);
    const rest = list.flatMap(([key, value]) => [this.string(key), value >>> 0]);
    return this.record(this.string(name), 6, list.length, signed, size, ...rest);
  }

  fwd(name: string, union = false): number {
    return this.record(this.string(name), 7, 0, union, 0);
  }

  typedef(name: string, type: number): number {
    return this.record(this.string(name), 8, 0, false, type);
  }

  volatile(type: number): number {
    return this.record(0, 9, 0, false, type);
  }

  const(type: number): number {
    return this.record(0, 10, 0, false, type);
  }

  restrict(type: number): number {
    return this.record(0, 11, 0, false, type);
  }

  func(name: string, proto: number, linkage = 1): number {
    return this.record(this.string(name), 12, linkage, false, proto);
  }

  proto(returns: number, parameters: readonly (readonly [string, number])[]): number {
    const rest = parameters.flatMap(([name, type]) => [this.string(name), type]);
    return this.record(0, 13, parameters.length, false, returns, ...rest);
  }

  var(name: string, type: number, linkage = 1): number {
    return this.record(this.string(name), 14, 0, false, type, linkage);
  }

  datasec(name: string, size: number, entries: readonly (readonly [number, number, number])[]): number {
    return this.record(this.string(name), 15, entries.length, false, size, ...entries.flat());
  }

  float(name: string, size: number): number {
    return this.record(this.string(name), 16, 0, false, size);
  }

  declTag(name: string, type: number, component = -1): number {
    return this.record(this.string(name), 17, 0, false, type, component >>> 0);
  }

  typeTag(name: string, type: number, attribute = false): number {
    return this.record(this.string(name), 18, 0, attribute, type);
  }

  enum64(name: string, values: Readonly<Record<string, bigint>>, signed = false): number {
    const list = Object.entries(values);
    const rest = list.flatMap(([key, value]) => {
      const raw = BigInt.asUintN(64, value);
      return [this.string(key), Number(raw & 0xffffffffn), Number(raw >> 32n)];
    });
    return this.record(this.string(name), 19, list.length, signed, 8, ...rest);
  }

  build(overrides: BuildOverrides = {}): Uint8Array {
    const strings = overrides.strings ?? Uint8Array.from(this.#strings);
    const headerLength = overrides.headerLength ?? (overrides.layout === undefined ? 24 : 32);
    const typeLength = 4 * this.words.length;
    const layout = overrides.layout ?? [];
    // The layout section must be aligned, so it stands before the strings.
    const stringStart = typeLength + 4 * layout.length;
    const tail = overrides.tail ?? [];
    const bytes = new Uint8Array(headerLength + stringStart + strings.length + tail.length);
    const view = new DataView(bytes.buffer);
    const little = this.littleEndian;
    const u32 = (at: number, value: number): void => {
      if (at + 4 <= headerLength) view.setUint32(at, value, little);
    };
    for (let at = 24; at < headerLength; at++) bytes[at] = overrides.headerExtra ?? 0;
    view.setUint16(0, overrides.magic ?? 0xeb9f, little);
    view.setUint8(2, overrides.version ?? 1);
    view.setUint8(3, overrides.flags ?? 0);
    u32(4, headerLength);
    u32(8, overrides.typeOffset ?? 0);
    u32(12, overrides.typeLength ?? typeLength);
    u32(16, overrides.stringOffset ?? stringStart);
    u32(20, overrides.stringLength ?? strings.length);
    if (overrides.layout !== undefined) {
      u32(24, typeLength);
      u32(28, 4 * layout.length);
    }
    for (const [i, word] of this.words.entries()) view.setUint32(headerLength + 4 * i, word, little);
    for (const [i, sizes] of layout.entries()) bytes.set(sizes, headerLength + typeLength + 4 * i);
    bytes.set(strings, headerLength + stringStart);
    bytes.set(tail, headerLength + stringStart + strings.length);
    return bytes;
  }
}
