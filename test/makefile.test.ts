import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { insertTables, makefileTables } from "#build/makefile-tables.ts";
import { loadTargets } from "#generate/target.ts";
import { expectValue } from "./support/expect-value.ts";

it("Makefile.ts.md shows the rules, goals and variables that the build has (npm run rules)", async () => {
  const targets = expectValue(await loadTargets(["templates"]));
  const document = readFileSync("Makefile.ts.md", "utf8");
  expect(document).toBe(insertTables(document, makefileTables(targets)));
});

it("every source file that Makefile.ts.md names has the function that it names", () => {
  const document = readFileSync("Makefile.ts.md", "utf8");
  const files = [...new Set(document.match(/(?<=\()src\/[\w/.-]+/g) ?? [])];
  const sources = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const functions = [...new Set(document.match(/(?<=`)\w+(?=\(\)`)/g) ?? [])];
  expect(functions.length).toBeGreaterThan(8);
  expect(functions.filter((name) => !sources.includes(`function ${name}(`))).toEqual([]);
});
