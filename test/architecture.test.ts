import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import table from "../src/import-table.json" with { type: "json" };
import {
  arrowsUp,
  forbiddenImports,
  type ImportTable,
  importCycles,
  rowsForNothing,
} from "./support/import-table.ts";
import { importsBelow, importsOf } from "./support/imports.ts";

const real: ImportTable = table;

/** A small table of the same form. */
const SMALL: ImportTable = {
  everywhere: ["node:path"],
  rows: {
    core: [],
    formats: ["core", "fflate", "node:timers/promises"],
    vm: ["formats/elf", "core", "node:fs"],
    "vm/process.ts": ["core", "execa"],
    cli: ["everything", "yargs"],
    last: ["core"],
  },
};

const forbidden = (sources: Readonly<Record<string, string>>) => forbiddenImports(SMALL, importsOf(sources));

describe("src/", () => {
  const imports = importsBelow("src");

  it("imports what src/import-table.json allows, and has a row there for each folder", () => {
    expect(imports.size).toBeGreaterThan(500);
    expect(forbiddenImports(real, imports)).toEqual([]);
    expect(rowsForNothing(real, imports)).toEqual([]);
  });

  it("has no arrow that leads back up", () => {
    expect(arrowsUp(real)).toEqual([]);
  });

  it("has no cycle, nor has test/", () => {
    expect(importCycles(new Map([...imports, ...importsBelow("test")]))).toEqual([]);
  });

  it("has the same table in docs/architecture.md, in the same order", () => {
    const documented = [
      ...readFileSync("docs/architecture.md", "utf8").matchAll(/^\| `([\w./-]+?)\/?` \|.*\| ([^|]+) \|$/gm),
    ].map(([, name, allowed]) => [name, allowed]);
    expect(documented).toEqual(
      Object.entries(real.rows).map(([name, allowed]) => [name, allowed.join(", ") || "nothing"]),
    );
  });
});

describe("docs/architecture.md", () => {
  const rows = [
    ...readFileSync("docs/architecture.md", "utf8").matchAll(/^\| [^|]+ \| `(test\/[\w./-]+)`: (.+) \|$/gm),
  ];

  it("has a table of what tests hold", () => expect(rows.length).toBeGreaterThanOrEqual(10));

  it.each(rows.map(([, file = "", sentence = ""]) => [file, sentence]))(
    "names in %s a test: %s",
    (file, sentence) => {
      expect(readFileSync(file, "utf8")).toContain(sentence);
    },
  );
});

describe("the check of the import table", () => {
  it.each([
    'import { x } from "#formats/elf/file.ts";',
    'import type { X } from "#formats/elf/file.ts";',
    'import { type X } from "#formats/elf/file.ts";',
    'import "#formats/elf/file.ts";',
    'export { x } from "#formats/elf/file.ts";',
    'export * from "#formats/elf/file.ts";',
    'export type { X } from "#formats/elf/file.ts";',
    'const x = await import("#formats/elf/file.ts");',
    'type X = typeof import("#formats/elf/file.ts");',
  ])("sees an import however it is written: %s", (line) => {
    expect(forbidden({ "src/core/a.ts": line })).toEqual([
      "src/core/a.ts may not import #formats/elf/file.ts",
    ]);
  });

  it("lets a row allow a part of a folder", () => {
    expect(
      forbidden({ "src/vm/a.ts": 'import "#formats/elf/a.ts"; import "#core/a.ts"; import "./b.ts";' }),
    ).toEqual([]);
    expect(forbidden({ "src/vm/a.ts": 'import "#formats/pe/a.ts";' })).toEqual([
      "src/vm/a.ts may not import #formats/pe/a.ts",
    ]);
  });

  it("lets a folder's own files be named both ways, but not by the folder above", () => {
    expect(forbidden({ "src/core/in/a.ts": 'import "#core/b.ts"; import "./c.ts";' })).toEqual([]);
    expect(forbidden({ "src/core/in/a.ts": 'import "../b.ts";' })).toEqual([
      "src/core/in/a.ts may not import ../b.ts",
    ]);
  });

  it("knows packages and Node's own modules, with what is inside of them", () => {
    expect(
      forbidden({
        "src/formats/a.ts": 'import "fflate"; import "node:timers/promises"; import "node:path";',
      }),
    ).toEqual([]);
    expect(forbidden({ "src/formats/a.ts": 'import "node:timers"; import "node:fs/promises";' })).toEqual([
      "src/formats/a.ts may not import node:timers",
      "src/formats/a.ts may not import node:fs/promises",
    ]);
    expect(forbidden({ "src/vm/a.ts": 'import "node:fs/promises"; import "fflate";' })).toEqual([
      "src/vm/a.ts may not import fflate",
    ]);
  });

  it("gives one file a row of its own", () => {
    expect(forbidden({ "src/vm/process.ts": 'import "execa"; import "#vm/a.ts";' })).toEqual([]);
    expect(forbidden({ "src/vm/process.ts": 'import "node:fs";' })).toEqual([
      "src/vm/process.ts may not import node:fs",
    ]);
    expect(forbidden({ "src/vm/other.ts": 'import "execa";' })).toEqual([
      "src/vm/other.ts may not import execa",
    ]);
  });

  it("takes everything for the folders above, without packages", () => {
    expect(forbidden({ "src/cli/a.ts": 'import "#vm/a.ts"; import "yargs/helpers";' })).toEqual([]);
    expect(forbidden({ "src/cli/a.ts": 'import "#last/a.ts"; import "execa";' })).toEqual([
      "src/cli/a.ts may not import #last/a.ts",
      "src/cli/a.ts may not import execa",
    ]);
  });

  it("wants a row for every folder, a folder for every row, and each file in a folder", () => {
    expect(forbidden({ "src/new/a.ts": "", "src/a.ts": "" })).toEqual([
      "new/ has no row",
      "src/a.ts is in no folder of src/",
    ]);
    const all = importsOf({
      "src/core/a.ts": "",
      "src/formats/a.ts": "",
      "src/vm/a.ts": "",
      "src/cli/a.ts": "",
    });
    expect(rowsForNothing(SMALL, all)).toEqual(["vm/process.ts", "last"]);
  });

  it("refuses a row that names a folder whose row comes after it", () => {
    expect(arrowsUp({ everywhere: [], rows: { core: ["formats/elf"], formats: ["core"] } })).toEqual([
      "core names formats/elf, whose row comes after it",
    ]);
  });

  it("finds a cycle, type-only ones included, and of one file", () => {
    const ring = {
      "src/core/a.ts": 'import type { B } from "./b.ts";',
      "src/core/b.ts": 'import { c } from "#core/c.ts"; import "node:path";',
      "src/core/c.ts": 'type A = typeof import("./a.ts");',
      "src/core/d.ts": 'import "./a.ts"; import "./d.ts";',
    };
    expect(importCycles(importsOf(ring))).toEqual([
      "src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts",
      "src/core/d.ts → src/core/d.ts",
    ]);
  });

  it("finds no cycle where two ways lead to one file", () => {
    const diamond = {
      "src/core/a.ts": 'import "./b.ts"; import "./c.ts";',
      "src/core/b.ts": 'import "./d.ts";',
      "src/core/c.ts": 'import "./d.ts";',
      "src/core/d.ts": "",
    };
    expect(importCycles(importsOf(diamond))).toEqual([]);
  });
});
