import type { PageRow } from "#page/data.ts";

/** Rows in which every word occurs. `good` and `bad` stand for verdicts. */
export function filterRows(rows: readonly PageRow[], words: string): readonly PageRow[] {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (wanted.length === 0) return rows;
  return rows.filter(({ cells }) => {
    const text = cells.map(cellText).join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** By a column; numbers as numbers. Undefined: as they came. */
export function sortRows(
  rows: readonly PageRow[],
  column: number | undefined,
  down: boolean,
): readonly PageRow[] {
  if (column === undefined) return rows;
  const sign = down ? -1 : 1;
  return rows.toSorted(({ cells: a }, { cells: b }) => {
    const [one = null, other = null] = [a[column], b[column]];
    if (typeof one === "number" && typeof other === "number") return sign * (one - other);
    return sign * cellText(one).localeCompare(cellText(other));
  });
}

function cellText(cell: PageRow["cells"][number]): string {
  return cell === true ? "good" : cell === false ? "bad" : String(cell ?? "");
}
