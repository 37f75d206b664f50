import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { functionLengths } from "./support/function-lengths.ts";

/** A screen. */
const MOST_LINES = 60;

/** Functions that may be longer, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "bpf-vm/interpreter/interpreter.ts #run":
    "one switch over the operation table: a case for each operation, in the hot loop",
  "report/failure-text.ts failureText":
    "one switch over the failure catalogue: the compiler says where a case is missing",
};

/** The longer ones of these sources, with their lines. */
function longFunctions(sources: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  const long = Object.entries(sources).flatMap(([file, text]) =>
    functionLengths(file, text)
      .filter(({ lines }) => lines > MOST_LINES)
      .map(({ name, lines }) => [`${file} ${name}`, lines]),
  );
  return Object.fromEntries(long);
}

it("a function of src/ has at most 60 lines, but for exceptions with a reason", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const sources = Object.fromEntries(files.map((file) => [file, readFileSync(`src/${file}`, "utf8")]));
  expect(files.length).toBeGreaterThan(300);
  // An exception that is no longer needed is found, too.
  expect(Object.keys(longFunctions(sources)).sort()).toEqual(Object.keys(EXCEPTIONS).sort());
});

const body = (lines: number): string => `{\n${"  step();\n".repeat(lines - 2)}}`;

it.each([
  ["a", (lines: number) => `export async function a() ${body(lines)}`],
  ["b", (lines: number) => `const b = (): void => ${body(lines)};`],
  ["c", (lines: number) => `const c = function () ${body(lines)};`],
  ["d", (lines: number) => `class C { d() ${body(lines)} }`],
  ["#e", (lines: number) => `class C { readonly #e = async () => ${body(lines)}; }`],
  ["f", (lines: number) => `export const all = { f() ${body(lines)} };`],
  ["inner", (lines: number) => `function outer() { function inner() ${body(lines)} }`],
  ["line 2", (lines: number) => `\nexport default () => ${body(lines)};`],
])("one that is longer is found: %s", (name, source) => {
  expect(longFunctions({ "made.ts": source(60) })).toEqual({});
  expect(longFunctions({ "made.ts": source(61) })).toMatchObject({ [`made.ts ${name}`]: 61 });
});
