import { type FileField, numberAt } from "#verify/mutations/field.ts";
import { allFields, type GoodFile } from "#verify/mutations/good-file.ts";

/** A run of bytes in which an image is not what its origin is; behind the origin's end that is zeros. */
export type ChangedRange = { readonly start: number; readonly end: number };

/** What `image` would have to be at `at` to be as its origin. */
export function originalAt(origin: Uint8Array, at: number): number {
  return origin[at] ?? 0;
}

export function changedRanges(image: Uint8Array, origin: Uint8Array): readonly ChangedRange[] {
  const ranges: ChangedRange[] = [];
  let start = -1;
  for (let at = 0; at <= image.length; at++) {
    const same = at === image.length || image[at] === originalAt(origin, at);
    if (!same && start < 0) start = at;
    if (same && start >= 0) {
      ranges.push({ start, end: at });
      start = -1;
    }
  }
  return ranges;
}

/** What is wrong with an image, in words: the fields that differ from its origin's, other bytes, its size. */
export function changesText(image: Uint8Array, origin: GoodFile): string {
  const fields = allFields(origin).filter(({ at, width }) => at + width <= image.length);
  const covers = ({ at, width }: FileField, byte: number) => at <= byte && byte < at + width;
  const named = new Set<FileField>();
  let others = 0;
  for (const { start, end } of changedRanges(image, origin.image)) {
    for (let at = start; at < end; at++) {
      const field = fields.find((one) => covers(one, at));
      if (field === undefined) others += 1;
      else named.add(field);
    }
  }
  const words = [...named].map(
    ({ section, name, at, width }) =>
      `${section} ${name} 0x${numberAt(origin.image, at, width).toString(16)} to 0x${numberAt(image, at, width).toString(16)}`,
  );
  if (others > 0) words.push(`${others} other byte${others === 1 ? "" : "s"}`);
  if (image.length !== origin.image.length) {
    words.push(`${image.length} bytes instead of ${origin.image.length}`);
  }
  return words.length === 0 ? origin.name : `${origin.name} with ${words.join(", ")}`;
}
