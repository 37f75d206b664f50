import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tokenize } from "#formats/light-skeleton/c-tokens.ts";
import { COMPILERS, output, writingMain } from "../../generate/host-compiler.ts";
import { expectValue } from "../../support/expect-value.ts";

/** Words and punctuation as they stand, strings as arrays of bytes; of a failure, its place and detail. */
function tokens(text: string): unknown {
  const result = tokenize(text);
  if (result.ok)
    return result.value.map((token) => (token.kind === "string" ? [...token.bytes] : token.text));
  return `${result.failure.offset}: ${result.failure.detail}`;
}

const bytes = (text: string): number[] => [...Buffer.from(text, "latin1")];

describe("the tokens of C", () => {
  test("are words, punctuation and strings", () =>
    expect(tokens('static const char opts_data[0x2] = "ab";')).toEqual([
      ...["static", "const", "char", "opts_data", "[", "0x2", "]", "="],
      bytes("ab"),
      ";",
    ]));

  test("leave out comments, also those that look like code or strings", () =>
    expect(tokens('a /* opts_data[] = "x"; // */ b // " /* c\n d')).toEqual(["a", "b", "d"]));

  test("leave strings alone that look like comments", () =>
    expect(tokens('"/* no */" "// no"')).toEqual([bytes("/* no */"), bytes("// no")]));

  test("take a quote in a character constant for no string", () =>
    expect(tokens(`'"' '\\'' "x"`)).toEqual([`'"'`, `'\\''`, bytes("x")]));

  test("join lines at a backslash, in a word and in a comment too", () =>
    expect(tokens("opts_\\\ndata // a \\\n b\n c")).toEqual(["opts_data", "c"]));
});

describe("escapes in a string", () => {
  test.each([
    ["simple ones", String.raw`"\a\b\t\n\v\f\r\e\"\'\?\\"`, [7, 8, 9, 10, 11, 12, 13, 27, 34, 39, 63, 92]],
    [
      "octal of one to three digits",
      String.raw`"\0\1\12\012\377\0011\08"`,
      [0, 1, 10, 10, 255, 1, 0x31, 0, 0x38],
    ],
    ["hexadecimal in both cases", String.raw`"\x0\x7f\xFf\x41g"`, [0, 0x7f, 0xff, 0x41, 0x67]],
    ["hexadecimal with leading zeros", String.raw`"\x00041\x000"`, [0x41, 0]],
    ["nothing of the next literal", String.raw`"\x4" "1\0" "7"`, undefined],
    ["continuation lines between them", '"\\\n\\x41\\\n\\0\\\n"', [0x41, 0]],
    ["continuation lines within them", '"\\x4\\\n1\\\\\nn\\0\\\n7"', [0x41, 0x0a, 7]],
    ["an escaped backslash before an n", String.raw`"\\n"`, [0x5c, 0x6e]],
  ])("are decoded: %s", (_, text, expected) =>
    expect(tokens(text)).toEqual(expected === undefined ? [[4], [0x31, 0], [0x37]] : [expected]),
  );

  test.each([
    ["a string without an end", '"abc', "0: string literal without an end"],
    ["a string cut by a new line", 'a "abc\n"', "2: string literal without an end"],
    ["a string that ends in a backslash", '"abc\\', "0: string literal without an end"],
    ["a string that ends in a continuation", '"abc\\\n', "0: string literal without an end"],
    ["\\x without digits", String.raw`"\xg"`, "0: \\x without a digit"],
    ["\\x at the end", String.raw`"\x"`, "0: \\x without a digit"],
    ["\\x above 0xff", String.raw`"\x100"`, "0: \\x escape above 0xff"],
    ["\\x of very many digits", `"\\x${"f".repeat(400)}"`, "0: \\x escape above 0xff"],
    ["\\x above 0xff by its continuation", '"\\x41\\\n0"', "0: \\x escape above 0xff"],
    ["octal above 0377", String.raw`"\400"`, "0: octal escape above 0377"],
    ["an unknown escape", String.raw`"\z"`, "0: unknown escape \\z"],
    ["a universal character name", String.raw`"\u0041"`, "0: unknown escape \\u"],
    ["a Windows line end behind a backslash", '"\\\r\n"', "0: unknown escape \\\r"],
    ["a character outside ASCII", '"é"', "0: character outside ASCII in a string literal"],
    ["a comment without an end", 'a /* "x"', "2: comment without an end"],
  ])("are refused: %s", (_, text, expected) => expect(tokens(text)).toBe(expected));

  test("are refused with the place in the text, joined lines counted", () =>
    expect(tokens('a\\\n\\\nb "\\x"')).toBe("7: \\x without a digit"));
});

const piece = fc.oneof(
  fc.constantFrom("\\a", "\\b", "\\t", "\\n", "\\v", "\\f", "\\r", "\\e", '\\"', "\\'", "\\?", "\\\\"),
  fc.integer({ min: 0, max: 255 }).map((value) => `\\${value.toString(8)}`),
  fc.integer({ min: 0, max: 255 }).map((value) => `\\${value.toString(8).padStart(3, "0")}`),
  fc.integer({ min: 0, max: 255 }).map((value) => `\\x${value.toString(16)}`),
  // Plain characters, continuation lines, and the ends of literals.
  fc.constantFrom(..."ghz 019?~%", '" "1', '"\t/* " */"f', "\\\n", '" \\\n"'),
);
/** Plain digits behind \\x would belong to it, perhaps make it too large: another literal begins there. */
const literal = fc.array(piece, { maxLength: 40 }).map((pieces) => {
  const digitBehindHex = /\\x(?:[\da-f]|\\\n)*$/;
  const join = (text: string, next: string): string =>
    digitBehindHex.test(text) && /^[\da-f]/.test(next) ? `${text}" "${next}` : text + next;
  return `"${pieces.reduce(join, "")}"`;
});

test.skipIf(COMPILERS.length === 0)(
  "compilers read the same bytes out of any literals (skipped where no compiler is in PATH)",
  () => {
    const literals = fc.sample(literal, { numRuns: 600, seed: 20260301 });
    const read = literals.map((text) => {
      const found = expectValue(tokenize(text), text);
      return Buffer.concat(found.flatMap((token) => (token.kind === "string" ? [token.bytes] : [])));
    });
    const arrays = literals.map((text, i) => `const char a${i}[] = ${text};\n`).join("");
    const main = writingMain(read.map((each, i) => [`a${i}`, each.length + 1] as const));
    const expected = Buffer.concat(read.map((each) => Buffer.concat([each, Uint8Array.of(0)])));
    for (const compiler of COMPILERS) {
      expect(output(compiler, { "arrays.c": arrays, "main.c": main }).equals(expected), compiler).toBe(true);
    }
  },
);
