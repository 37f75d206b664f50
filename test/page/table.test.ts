import { describe, expect, it } from "vitest";
import { filterRows, sortRows } from "#page/model/table.ts";

const rows = [
  { cells: ["b.img", 10, true], run: null },
  { cells: ["a.img", 9, false], run: null },
];

describe("a table of results", () => {
  it("shows the rows that have every word, verdicts by good and bad", () => {
    expect(filterRows(rows, "img bad")).toEqual([rows[1]]);
    expect(filterRows(rows, "")).toEqual(rows);
    expect(filterRows(rows, "c.img")).toEqual([]);
  });

  it("is sorted by numbers as numbers, and back", () => {
    expect(sortRows(rows, 1, false)).toEqual([rows[1], rows[0]]);
    expect(sortRows(rows, 1, true)).toEqual(rows);
    expect(sortRows(rows, 0, false)).toEqual([rows[1], rows[0]]);
  });
});
