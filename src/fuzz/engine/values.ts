import { type FileField, numberAt } from "#verify/mutations/field.ts";
import type { Random } from "./random.ts";

/** Values that a check may get wrong, by the bits they take. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  7n,
  8n,
  63n,
  64n,
  65n,
  96n,
  97n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0x8000n,
  0xff00n,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fff0n,
  0xffff_ffffn,
  1n << 32n,
  (1n << 53n) - 1n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 64n,
  (1n << 64n) - 1n,
];

/** A value worth trying in a field of an image: an edge, a place near the end, a neighbour, a sum that wraps. */
export function valueFor(
  random: Random,
  image: Uint8Array,
  field: FileField,
  fields: readonly FileField[],
): bigint {
  const top = 1n << BigInt(8 * field.width);
  const near = BigInt(random.below(9) - 4);
  const other = () => {
    const one = random.pick(fields);
    return numberAt(image, one.at, one.width);
  };
  switch (random.below(8)) {
    case 0:
    case 1:
      return random.pick(EDGES) % top;
    case 2:
      return wrapped(BigInt(image.length) + near, top);
    case 3:
      return wrapped(numberAt(image, field.at, field.width) + near, top);
    case 4:
      return wrapped(BigInt(image.length) - other() + near, top);
    case 5:
      return wrapped(near - other(), top);
    case 6:
      return wrapped(other() + near, top);
    default:
      return BigInt(random.below(image.length + 16)) % top;
  }
}

function wrapped(value: bigint, top: bigint): bigint {
  return ((value % top) + top) % top;
}
