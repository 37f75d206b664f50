import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureText } from "#report/failure-text.ts";
import { styleFor } from "#report/style.ts";
import { table } from "#report/table.ts";
import { EMPTY_LINE, visible } from "#report/visible.ts";

/** What a terminal obeys, or what changes the order in which it shows characters. */
const OBEYED = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

describe("what is printed", () => {
  test.each([
    ["a\u001b[2Jb", "a\\x1b[2Jb"],
    ["\u001b[32mas if it were ours\u001b[0m", "\\x1b[32mas if it were ours\\x1b[0m"],
    ["\0\b\r\f", "\\x00\\x08\\x0d\\x0c"],
    ["\x7f\x9b31m", "\\u007f\\u009b31m"],
    ["a\u202ecod.exe", "a\\u202ecod.exe"],
    ["name\udcff\udce9", "name\\xff\\xe9"],
    ["lines\tstay\n as\r\nthey are: é \u{1f600}", "lines\tstay\n as\nthey are: é \u{1f600}"],
  ])("shows control characters: %j", (text, shown) => expect(visible(text)).toBe(shown));

  test("has the program's own sequences as they are", () => {
    const { good, dim } = styleFor(true, {});
    expect(visible(`${EMPTY_LINE}${good("a\u001b")}${dim("\udcff")}`)).toBe(
      "\r\u001b[K\u001b[32ma\\x1b\u001b[0m\u001b[2m\\xff\u001b[0m",
    );
  });

  test("obeys no bytes, whatever they are", () =>
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        for (const encoding of ["latin1", "utf8"] as const) {
          expect(visible(Buffer.from(bytes).toString(encoding))).not.toMatch(OBEYED);
        }
      }),
    ));

  test("leaves JSON what it is", () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
        const both = { value, text: `${text}\u001b\x9b\u202e` };
        const printed = visible(JSON.stringify(both));
        expect(printed).not.toMatch(OBEYED);
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(both)));
      }),
    ));
});

describe("a name with a line in it", () => {
  test("stays in its cell", () => expect(table([["a\nok", "b\tc"]])).toBe("a\\x0aok  b\\x09c"));

  test("makes no line of a failure's own", () => {
    const detail = "no\nkexec-bpf: all is well";
    const failure = {
      reason: "malformed",
      format: "PE",
      section: "s",
      offset: 1,
      detail,
      file: "f\n",
    } as const;
    expect(failureText(failure)).toBe("f\\x0a: PE s, offset 0x1: no\\x0akexec-bpf: all is well");
  });
});
