import { describe, expect, test } from "vitest";
import { styleFor } from "#report/style.ts";
import { table } from "#report/table.ts";
import { visible } from "#report/visible.ts";

describe("a table", () => {
  test("has columns as wide as their widest cell, two spaces apart, and no space at the end", () =>
    expect(
      table([
        ["clang", "19.1.7", "/usr/bin/clang-19"],
        ["bpftool", "7", "/b"],
        ["gcc", "", ""],
      ]),
    ).toBe("clang    19.1.7  /usr/bin/clang-19\nbpftool  7       /b\ngcc"));

  test("may have rows of different lengths, whose last cells are not padded", () =>
    expect(table([["a", "b", "c"], ["longer"], ["x", "yy"]])).toBe("a       b   c\nlonger\nx       yy"));

  test("may be empty", () => expect([table([]), table([[]])]).toEqual(["", ""]));
});

describe("a style", () => {
  const painted = (...given: Parameters<typeof styleFor>) => {
    const style = styleFor(...given);
    return [style.good("g"), style.bad("b"), style.dim("d")].map(visible);
  };
  const plain = ["g", "b", "d"];
  const colours = ["\u001b[32mg\u001b[0m", "\u001b[31mb\u001b[0m", "\u001b[2md\u001b[0m"];

  test("has colours on a terminal, an empty NO_COLOR notwithstanding (no-color.org)", () => {
    expect(painted(true, { TERM: "xterm" })).toEqual(colours);
    expect(painted(true, { NO_COLOR: "" })).toEqual(colours);
  });

  test("has none elsewhere, nor with NO_COLOR, nor on a dumb terminal", () => {
    expect(painted(false, {})).toEqual(plain);
    expect(painted(true, { NO_COLOR: "0" })).toEqual(plain);
    expect(painted(true, { TERM: "dumb" })).toEqual(plain);
  });
});
