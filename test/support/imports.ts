import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseSync } from "oxc-parser";

/** File names from the root of the project, and what each imports, as it is written there. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** The same of sources: file names and their texts. */
export function importsOf(sources: Readonly<Record<string, string>>): Imports {
  return new Map(Object.entries(sources).map(([file, text]) => [file, importsIn(file, text)]));
}

/** The imports of all TypeScript files below these folders. */
export function importsBelow(...folders: readonly string[]): Imports {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => posix.join(folder, name)),
  );
  return importsOf(Object.fromEntries(files.map((file) => [file, readFileSync(file, "utf8")])));
}

/** What is read only as a type counts too: `import type`, `export type … from` and `typeof import("…")`. */
function importsIn(file: string, text: string): readonly string[] {
  const { module, errors } = parseSync(file, text);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const requests = [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) => one.entries.map((entry) => entry.moduleRequest?.value)),
  ];
  const called = [...text.matchAll(/\bimport\(\s*(["'])(.+?)\1/g)].map((match) => match[2]);
  return [...new Set([...requests, ...called].filter((name) => name !== undefined))];
}

/** The file that an import leads to, where it is one of the project. */
export function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith("#")) return posix.join("src", specifier.slice(1));
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file), specifier);
  return undefined;
}
