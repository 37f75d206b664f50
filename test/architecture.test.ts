import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

type Override = {
  readonly includes: readonly string[];
  readonly linter?: {
    readonly rules?: {
      readonly style?: {
        readonly noRestrictedImports?: {
          readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] };
        };
      };
    };
  };
};

/** What the lint rule lets each folder of src/ import, as biome.json has it. */
function linted(): Map<string, Set<string>> {
  const { overrides } = JSON.parse(readFileSync("biome.json", "utf8")) as { overrides: readonly Override[] };
  const table = new Map<string, Set<string>>();
  for (const { includes, linter } of overrides) {
    const folder = /^src\/([\w-]+)\/\*\*$/.exec(includes[0] ?? "")?.[1];
    const group = linter?.rules?.style?.noRestrictedImports?.options.patterns[0]?.group;
    if (folder === undefined || group === undefined) continue;
    const allowed = group.flatMap((pattern) => /^!#(.+)\/\*\*$/.exec(pattern)?.[1] ?? []);
    table.set(
      folder,
      new Set(group.includes("#*/**") ? allowed.filter((name) => name !== folder) : ["everything"]),
    );
  }
  return table;
}

/** The same, as docs/architecture.md tells it. */
function documented(): Map<string, Set<string>> {
  const table = new Map<string, Set<string>>();
  for (const line of readFileSync("docs/architecture.md", "utf8").split("\n")) {
    const row = /^\| `([\w-]+)\/` \|.*\| ([^|]+) \|$/.exec(line);
    if (row?.[1] === undefined || row[2] === undefined) continue;
    const names = row[2].split(", ").filter((name) => name !== "nothing" && name !== row[1]);
    table.set(row[1], new Set(names));
  }
  return table;
}

describe("the import table", () => {
  it("says the same in biome.json and in docs/architecture.md", () => {
    expect(linted()).toEqual(documented());
  });

  it("has a row for every folder of src/", () => {
    expect([...documented().keys()].sort()).toEqual(readdirSync("src").sort());
  });

  it.each([
    ["core", 'import { x } from "#bytes/reader.ts";'],
    ["formats", 'import { x } from "#abi/revisions.ts";'],
    ["formats", 'import { readFile } from "node:fs/promises";'],
    ["abi", 'import { x } from "#formats/elf/elf-file.ts";'],
    ["generate", 'import { execa } from "execa";'],
    ["build", 'import yargs from "yargs";'],
    ["report", 'import type { x } from "#build/build.ts";'],
    ["guest", 'import { execa } from "execa";'],
    ["crosscheck", 'import { readFile } from "node:fs/promises";'],
    ["toolchain", 'import { execFile } from "node:child_process";'],
    ["toolchain", 'import { execa } from "execa";'],
  ])("makes lint refuse, in %s/, %s", (folder, line) => {
    const inside = mkdtempSync(join("src", folder, "lint-"));
    try {
      const file = join(inside, "probe.ts");
      writeFileSync(
        file,
        `${line}\nexport const used = [${/(?:\{ )?(?:type )?(\w+)(?: \})? from/.exec(line)?.[1]}];\n`,
      );
      const lint = () =>
        execFileSync("npx", ["--no-install", "biome", "lint", "--only=style/noRestrictedImports", file], {
          stdio: "pipe",
        });
      expect(lint).toThrow(/may import/);
    } finally {
      rmSync(inside, { recursive: true });
    }
  });
});
