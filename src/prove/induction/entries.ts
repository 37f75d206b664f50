import type { ExecutionContext } from "#prove/machine/context.ts";
import { type PathState, withCondition } from "#prove/machine/state.ts";
import { lies } from "#prove/specification/image.ts";
import type { Search, Table } from "#prove/specification/specification.ts";
import { bits64, minus, plus, times } from "#prove/terms/bits.ts";
import { imageSize } from "#prove/terms/names.ts";
import { type Bits, type Truth, variable } from "#prove/terms/term.ts";
import { all, compare } from "#prove/terms/truth.ts";

/** No table's entries begin further from its start. */
const FURTHEST = 0xffffff;

/** What is true of every turn there is: its entry is one of the table's, and lies inside the image. */
export function entryPremises({ table }: Search, index: Bits): readonly Truth[] {
  const { start, whole } = placesOf(table, index);
  const size = bits64(table.entrySize);
  return [compare("ule", plus(start, size), whole), lies(plus(table.offset, start), size, imageSize())];
}

/** Where an entry begins from the table's start, and the table's bytes. */
function placesOf({ entries, skipped, entrySize }: Table, index: Bits) {
  const size = bits64(entrySize);
  return { start: times(plus(index, bits64(skipped)), size), whole: times(entries, size) };
}

/**
 * Shows the premises for all turns at once. That an entry is the table's is a matter of small numbers; that it then lies inside the image is
 * shown for any table, any image and any entry, of which this is one: solvers are slow where both come together.
 */
export function requireEntries(
  executor: ExecutionContext,
  state: PathState,
  { table, turns }: Search,
  index: Bits,
): void {
  const { start, whole } = placesOf(table, index);
  const size = bits64(table.entrySize);
  const any = withCondition(state, compare("ult", index, turns));
  const within = compare("ule", plus(start, size), whole);
  executor.require(any, "fact", "every entry is one of the table's", within);
  const inside = all(
    compare("ule", table.offset, imageSize()),
    compare("ule", whole, minus(imageSize(), table.offset)),
    compare("ule", start, bits64(FURTHEST)),
  );
  executor.require(any, "fact", "the table lies inside the image", inside);
  const lemma = ["table", "image", "bytes", "start"].map((name) => variable(64, `any ${name}`));
  const [offset, image, bytes, from] = lemma;
  if (offset === undefined || image === undefined || bytes === undefined || from === undefined) return;
  const premises = [
    compare("ule", offset, image),
    compare("ule", bytes, minus(image, offset)),
    compare("ule", plus(from, size), bytes),
    compare("ule", from, bits64(FURTHEST)),
  ];
  const claim = lies(plus(offset, from), size, image);
  const detail = "an entry of a table inside an image lies inside it";
  executor.require({ ...state, conditions: premises }, "fact", detail, claim);
}
