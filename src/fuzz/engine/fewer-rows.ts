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

/** Half of the rows, then quarters, down to single ones: a table may have thousands. */
function leaveOut<Row>(rows: readonly Row[], better: (rows: readonly Row[]) => boolean): void {
  if (!better(rows)) return;
  let best = rows;
  for (let size = Math.ceil(rows.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = best.length; end > 0; end -= size) {
      const fewer = [...best.slice(0, Math.max(0, end - size)), ...best.slice(end)];
      if (better(fewer)) best = fewer;
    }
  }
}
