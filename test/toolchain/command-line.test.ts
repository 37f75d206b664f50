import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellCommand, shellWord } from "#toolchain/command-line.ts";

describe("a command line for a shell", () => {
  it("leaves plain words bare and quotes the others", () => {
    expect(shellCommand("/usr/bin/clang", ["-I", "a b", "-DX='y'", "-o", "out.o"])).toBe(
      "/usr/bin/clang -I 'a b' '-DX='\\''y'\\''' -o out.o",
    );
  });

  it("quotes an empty word and a word that would be an assignment", () => {
    expect([shellWord(""), shellWord("=x"), shellWord("A=b")]).toEqual(["''", "'=x'", "A=b"]);
  });

  it("shows where stdout goes", () => {
    expect(shellCommand("bpftool", ["gen", "skeleton"], "a b.h")).toBe("bpftool gen skeleton > 'a b.h'");
  });

  it("is read back by a shell as the same words", () => {
    const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (words) => {
        const line = shellCommand("printf", ["%s\\0", "start", ...words]);
        const output = execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" });
        expect(output.split("\0").slice(1, -1)).toEqual(words.map((text) => Buffer.from(text).toString()));
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});
