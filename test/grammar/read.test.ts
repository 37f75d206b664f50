import { describe, expect, test } from "vitest";
import type { Result } from "#core/result.ts";
import { type Read, readWords } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

const ROW = {
  describe: "everything that a row can be",
  positionals: {
    first: { type: "path", required: true },
    rest: { type: "name", repeatable: true },
  },
  options: {
    output: { type: "output", alias: "o" },
    folder: { type: "folder" },
    into: { type: "folder", default: "out" },
    key: { type: "key" },
    hashes: { type: "flag", default: true },
    json: { type: "flag" },
    "max-kernel": { type: "size", least: 1, most: 4096, default: 64 },
    time: { type: "time", least: 0, most: 7200 },
    section: { type: "assignment", repeatable: true },
    cmdline: { type: "text", repeatable: true },
    layer: { type: "word", choices: ["linux", "initrd"] },
  },
} as const satisfies CommandRow;

function read(words: string): Result<Read<typeof ROW>> {
  return readWords(ROW, words === "" ? [] : words.split(" "), "/here");
}

function given(words: string) {
  const result = read(words);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value.given;
}

test("what is left out has its default, or is undefined or empty", () => {
  expect(given("a")).toEqual({
    first: "/here/a",
    rest: [],
    output: undefined,
    folder: undefined,
    into: "/here/out",
    key: undefined,
    hashes: true,
    json: false,
    maxKernel: 64,
    time: undefined,
    section: [],
    cmdline: [],
    layer: undefined,
  });
});

describe("a habit", () => {
  test.each([
    ["-o b a", { output: "/here/b" }],
    ["--output=b a", { output: "/here/b" }],
    ["-o=b a", { output: "/here/b" }],
    ["-o - a", { output: "/dev/stdout" }],
    ["-", { first: "/dev/stdin" }],
    ["a -", { rest: ["/dev/stdin"] }],
    ["a b c --json", { rest: ["b", "c"], json: true }],
    ["--json a", { json: true }],
    ["a --no-hashes", { hashes: false }],
    ["a --hashes", { hashes: true }],
    ["a --hashes=false", { hashes: false }],
    ["a --max-kernel 4K", { maxKernel: 4096 }],
    ["a --maxKernel 1K", { maxKernel: 1024 }],
    ["a --time 1.5m", { time: 90 }],
    ["a --section x=1 --section y=2", { section: ["x=1", "y=2"] }],
    ["a --cmdline=-h", { cmdline: ["-h"] }],
    ["a --cmdline=", { cmdline: [""] }],
    ["a --cmdline=--output=b", { cmdline: ["--output=b"] }],
    ["a --cmdline -", { cmdline: ["-"] }],
    ["a --layer linux", { layer: "linux" }],
    ["-- -a --json", { first: "/here/-a", rest: ["--json"], json: false }],
    ["a -- -", { rest: ["/dev/stdin"] }],
    ["7 08", { first: "/here/7", rest: ["08"] }],
    ["a --folder f", { folder: "/here/f" }],
    ["a --key k", { key: "/here/k" }],
    ["a --key -", { key: "/dev/stdin" }],
    ["a --key pkcs11:object=k?pin-value=1", { key: "pkcs11:object=k?pin-value=1" }],
  ])("`%s`", (words, values) => {
    expect(given(words)).toMatchObject(values);
  });
});

describe("a usage error", () => {
  test.each([
    ["", "first is missing"],
    ["a --bogus", "Unknown argument: bogus"],
    ["a --bogus=1", "Unknown argument: bogus"],
    ["a -x", "Unknown argument: x"],
    ["a ---", "Unknown argument: -"],
    ["a -1", "Unknown argument: 1"],
    ["a --no-output", "Unknown argument: no-output"],
    ["a --json=maybe", "Unknown argument: json=maybe"],
    ["a --json --json", "--json is given more than once"],
    ["a --hashes --no-hashes", "--hashes is given more than once"],
    ["a -o b --output c", "--output is given more than once"],
    ["a --max-kernel 1 --maxKernel 2", "--max-kernel is given more than once"],
    ["a -o", "--output needs a value"],
    ["a -o --json", "--output needs a value"],
    ["a --output=", "--output is empty: the name of a file or folder is expected"],
    ["a --folder -", "--folder -: several files cannot go to stdout"],
    ["a --max-kernel=", "--max-kernel is empty"],
    ["a --max-kernel 0", "--max-kernel 0: from 1 to 4096 is possible (bytes, or a number with K, M or G)"],
    ["a --max-kernel -1", "--max-kernel -1: from 1 to 4096 is possible (bytes, or a number with K, M or G)"],
    ["a --time 3h", "--time 3h: from 0 to 7200 is possible (seconds, or a number with s, m or h)"],
    ["a --section=", "--section is empty"],
    ["a --layer image", "--layer image: linux, initrd are known"],
  ])("of `%s` says %s", (words, detail) => {
    expect(read(words)).toEqual({ ok: false, failure: { reason: "usage", detail } });
  });

  test("of an empty word names the positional", () => {
    expect(readWords(ROW, [""], "/here")).toEqual({
      ok: false,
      failure: { reason: "usage", detail: "first is empty" },
    });
  });

  test("of too many words names the first of them", () => {
    const one = { describe: "", positionals: { a: { type: "word" } }, options: {} } as const;
    expect(readWords(one, ["x", "y", "z"], "/")).toEqual({
      ok: false,
      failure: { reason: "usage", detail: "too many words: y" },
    });
  });
});

test("what was said is kept in its order, as it was written", () => {
  const result = read(
    "--cmdline x --section a=1 --no-hashes --cmdline=-y --section=b=2 -o - --json z -- --json",
  );
  expect(result.ok && result.value.said).toEqual([
    { name: "cmdline", value: "x" },
    { name: "section", value: "a=1" },
    { name: "cmdline", value: "-y" },
    { name: "section", value: "b=2" },
    { name: "output", value: "-" },
    { name: "json" },
  ]);
  expect(result.ok && result.value.positionals).toEqual([
    { name: "first", value: "z" },
    { name: "rest", value: "--json" },
  ]);
});
