import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";

const EXPORT = /^export (?:async )?(?:function\*?|const|class|type|interface) (\w+)/gm;
const EXPORTED_ANEW = /^export (?:type )?(?:\{|\*)/m;

function sources(): readonly (readonly [file: string, text: string])[] {
  return (
    readdirSync("src", { recursive: true, encoding: "utf8" })
      // What stands for a module in browsers has that module's names, on purpose.
      .filter((file) => file.endsWith(".ts") && !file.startsWith("page/browser/"))
      .map((file) => [file, readFileSync(`src/${file}`, "utf8")] as const)
  );
}

it("an exported name has one meaning: no two files of src/ declare the same", () => {
  const declared = new Map<string, string[]>();
  for (const [file, text] of sources()) {
    for (const name of new Set([...text.matchAll(EXPORT)].map(([, found]) => found ?? ""))) {
      declared.set(name, [...(declared.get(name) ?? []), file]);
    }
  }
  expect(declared.size).toBeGreaterThan(1000);
  expect(Object.fromEntries([...declared].filter(([, files]) => files.length > 1))).toEqual({});
});

it("every export is read by this test: a declaration, or one of the named files that hand on", () => {
  const lines = sources().flatMap(([file, text]) =>
    text.split("\n").flatMap((line) => (line.startsWith("export") ? [[file, line] as const] : [])),
  );
  const unread = lines.filter(([, line]) => line.match(EXPORT) === null);
  expect(unread.filter(([, line]) => !EXPORTED_ANEW.test(line))).toEqual([]);
  expect(unread.map(([file]) => file).sort()).toEqual([
    "api/build.ts",
    "api/doctor.ts",
    "formats/compression/codecs.ts",
    ...Array(44).fill("library/index.ts"),
    "verify/references.ts",
  ]);
});

it("a folder has at most twenty files", () => {
  const counts = new Map<string, number>();
  for (const [file] of sources()) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  expect(counts.size).toBeGreaterThan(30);
  expect(Object.fromEntries([...counts].filter(([, count]) => count > 20))).toEqual({});
});
