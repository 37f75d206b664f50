import { elfLayout, withElfRows } from "#verify/mutations/elf-layout.ts";
import type { GoodFile } from "#verify/mutations/good-file.ts";
import { peLayout, withPeRows } from "#verify/mutations/pe-layout.ts";

/**
 * Puts an image's section table behind the origin's own file and leaves out what rows it can. What else was changed goes with
 * that; where the defect is not in the table, all stays as it is.
 *
 * @param better whether a candidate shows the defect, too
 */
export function leaveRowsOut(
  image: Uint8Array,
  origin: GoodFile,
  better: (image: Uint8Array) => boolean,
): void {
  if (origin.format === "uki") {
    const rows = peLayout(image)?.rows ?? [];
    leaveOut(rows, (made) => better(withPeRows(origin.image, origin.layout, made)));
  } else if (origin.format === "envelope") {
    const [found, names] = [elfLayout(image), origin.layout.rows[origin.layout.namesIndex]];
    if (found === undefined || names === undefined) return;
    const rows = found.rows.filter((_, i) => i !== found.namesIndex);
    leaveOut(rows, (made) => better(withElfRows(origin.image, [...made, names])));
  }
}

function leaveOut<Row>(rows: readonly Row[], better: (rows: readonly Row[]) => boolean): void {
  if (!better(rows)) return;
  let best = rows;
  for (let at = rows.length - 1; at >= 0; at--) {
    const fewer = best.filter((_, i) => i !== at);
    if (better(fewer)) best = fewer;
  }
}
