import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { LAST_TEST } from "#bpf-vm/interpreter/conditions.ts";
import { CODE_OF } from "#bpf-vm/interpreter/operations.ts";

const SWITCHES = ["interpreter", "conditions", "arithmetic"];

describe("the interpreter's operations", () => {
  it("have numbers of their own, without a gap: V8 makes a table of them", () => {
    const numbers = Object.values(CODE_OF).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, i) => i));
  });

  it("stand in one of the three switches each", () => {
    const found = SWITCHES.flatMap((file) =>
      [...readFileSync(`src/bpf-vm/interpreter/${file}.ts`, "utf8").matchAll(/case Op\.(\w+):/g)].map(
        ([, name]) => name,
      ),
    );
    expect(found.sort()).toEqual(Object.keys(CODE_OF).sort());
  });

  it.each(SWITCHES)("are literals in the switch of %s.ts when it is bundled", async (file) => {
    const { outputFiles } = await build({
      entryPoints: [`src/bpf-vm/interpreter/${file}.ts`],
      bundle: true,
      minifySyntax: true,
      format: "esm",
      write: false,
      logLevel: "silent",
    });
    const labels = [...(outputFiles[0]?.text ?? "").matchAll(/^\s*case (.*):$/gm)].map(([, label]) => label);
    expect(labels.length).toBeGreaterThan(10);
    expect(labels.filter((label) => !/^(\d+|".*")$/.test(label ?? ""))).toEqual([]);
  });

  it("that are conditional jumps are one run of numbers", () => {
    const numbers = Object.entries(CODE_OF)
      .filter(([name]) => /^(s?[gl][te]|eq|ne|set)(32|64)$/.test(name))
      .map(([, number]) => number);
    expect(numbers.length).toBe(22);
    expect(Math.min(...numbers)).toBe(CODE_OF.eq64);
    expect(Math.max(...numbers)).toBe(LAST_TEST);
    expect(LAST_TEST - CODE_OF.eq64).toBe(21);
  });
});
