import { type FileField, setNumber } from "#verify/mutations/field.ts";
import { allFields, type GoodFile } from "#verify/mutations/good-file.ts";
import type { Random } from "./random.ts";
import { editTable, NAMES } from "./table-edits.ts";
import { valueFor } from "./values.ts";

/** An image to start from, with what is known of its fields. */
export type Parent = {
  readonly image: Uint8Array;
  /** Undefined where it begins like none of the formats. */
  readonly file: GoodFile | undefined;
  /** Those that parsers go by come more often. */
  readonly fields: readonly FileField[];
};

const MOST_CHANGES = 4;

export function parentOf(image: Uint8Array, file: GoodFile | undefined): Parent {
  const fields = file === undefined ? [] : allFields(file);
  const used = fields.filter(({ role }) => role !== "ignored");
  return { image, file, fields: [...used, ...used, ...used, ...fields] };
}

/**
 * A new image made of a parent by one to four changes: fields set to values worth trying, rows of the section table
 * added, dropped and swapped, names, pieces of another image, cuts, and bytes without a thought.
 *
 * @param longest the largest image to make, in bytes; at least the parent's size
 */
export function mutate(random: Random, parent: Parent, other: Uint8Array, longest: number): Uint8Array {
  // A new table stands elsewhere; what is known of the fields holds no more, but for those of the other headers.
  const tabled = random.once(6) && parent.file !== undefined ? editTable(random, parent.file) : undefined;
  let image = tabled !== undefined && tabled.length <= longest ? tabled : parent.image.slice();
  for (
    let changes = tabled === undefined ? 1 + random.below(MOST_CHANGES) : random.below(3);
    changes > 0;
    changes--
  ) {
    image = change(random, image, parent, other, longest);
  }
  return image;
}

function change(
  random: Random,
  image: Uint8Array,
  { fields }: Parent,
  other: Uint8Array,
  longest: number,
): Uint8Array {
  const kind = random.below(fields.length > 0 ? 16 : 6);
  switch (kind) {
    case 0:
      return image.slice(
        0,
        random.once(2) ? random.below(image.length + 1) : Math.max(0, image.length - random.below(9)),
      );
    case 1:
      return lengthened(random, image, longest);
    case 2:
      return splice(random, image, other);
    case 3:
      return havoc(random, image);
    case 4:
      return place(random, image, Buffer.from(random.pick(NAMES), "latin1"));
    case 5:
      return move(random, image);
    default: {
      const field = random.pick(fields);
      if (field.width === 8 && field.role === "type") {
        return put(image, field.at, Buffer.from(random.pick(NAMES).padEnd(8, "\0"), "latin1").subarray(0, 8));
      }
      setNumber(image, field.at, field.width, valueFor(random, image, field, fields));
      return image;
    }
  }
}

function lengthened(random: Random, image: Uint8Array, longest: number): Uint8Array {
  const copy = new Uint8Array(Math.min(longest, image.length + random.below(random.once(8) ? 4096 : 64)));
  copy.set(image.subarray(0, copy.length));
  return copy.fill(random.below(256), image.length);
}

/** A piece of another image, at its own place or elsewhere. */
function splice(random: Random, image: Uint8Array, other: Uint8Array): Uint8Array {
  const from = random.below(other.length);
  const piece = other.subarray(from, from + 1 + random.below(random.once(4) ? 256 : 40));
  return random.once(2) ? put(image, from, piece) : place(random, image, piece);
}

function havoc(random: Random, image: Uint8Array): Uint8Array {
  for (let times = 1 + random.below(4); times > 0 && image.length > 0; times--) {
    const at = random.below(image.length);
    const before = image[at] ?? 0;
    image[at] = random.once(2) ? before ^ (1 << random.below(8)) : random.once(2) ? random.u32() : before + 1;
  }
  return image;
}

function move(random: Random, image: Uint8Array): Uint8Array {
  const [from, to] = [random.below(image.length), random.below(image.length)];
  return image.copyWithin(to, from, from + 1 + random.below(64));
}

function place(random: Random, image: Uint8Array, bytes: Uint8Array): Uint8Array {
  return put(image, random.below(image.length), bytes);
}

function put(image: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  if (at < image.length) image.set(bytes.subarray(0, image.length - at), at);
  return image;
}
