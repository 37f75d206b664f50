/** The types whose alignment makes gaps, the widest first; widths in bits. */
const UNITS = [
  { name: "long", bits: 64 },
  { name: "int", bits: 32 },
  { name: "short", bits: 16 },
  { name: "char", bits: 8 },
] as const;

export type PaddingGap = {
  /** The first bit after the last member. */
  readonly from: number;
  /** The first bit of the next member, or the struct's end. */
  readonly to: number;
  /** In bytes: what the next member, or the struct, is aligned to by itself. */
  readonly alignment: number;
  /** Bit-fields on both sides: the compiler would go on with the next bit. */
  readonly inBitField: boolean;
};

/** Unnamed bit-fields for a gap, as `name: bits`, for a compiler that fills what natural alignment leaves open by itself. */
export function* paddingOf({ from, to, alignment, inBitField }: PaddingGap): Generator<string> {
  if (from >= to) return;
  // The widest type of which a boundary lies in the gap; there is always char's.
  const unit = UNITS.find(({ bits }) => roundUp(from, bits) <= to) ?? UNITS[3];
  let at = from;
  const boundary = roundUp(from, unit.bits);
  if (boundary > from && boundary <= to) {
    const comesBySelf =
      boundary === to ? roundUp(from, 8 * alignment) === boundary : to - boundary > boundary - from;
    if (inBitField || !comesBySelf) yield `${unit.name}: ${inBitField ? boundary - from : 0}`;
    at = boundary;
  }
  for (; to - at >= unit.bits; at += unit.bits) yield `${unit.name}: ${unit.bits}`;
  if (at < to) {
    const rest = UNITS.findLast(({ bits }) => bits >= to - at) ?? UNITS[0];
    yield `${rest.name}: ${to - at}`;
  }
}

function roundUp(value: number, unit: number): number {
  return unit === 0 ? value : Math.ceil(value / unit) * unit;
}
