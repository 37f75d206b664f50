import { type Imports, targetOf } from "./imports.ts";

/**
 * What the files of `src/` may import. A row is for a folder of `src/`, or for one file of it, and names folders, folders in
 * these and packages; a folder's own files are always allowed. It names no folder whose row comes after it, so that no arrow
 * leads back up.
 */
export type ImportTable = {
  /** Packages for all. */
  readonly everywhere: readonly string[];
  readonly rows: Readonly<Record<string, readonly string[]>>;
};

/** In a row: all folders that have their rows above it. */
const EVERYTHING = "everything";

/** Where the files of `src/` go beyond the table, one sentence each. */
export function forbiddenImports(table: ImportTable, imports: Imports): readonly string[] {
  return [...imports].flatMap(([file, specifiers]) => {
    const inside = /^src\/(([^/]+)\/.+)$/.exec(file);
    if (inside === null) return [`${file} is in no folder of src/`];
    const [, path = "", folder = ""] = inside;
    if (table.rows[folder] === undefined) return [`${folder}/ has no row`];
    const allowed = new Set([
      folder,
      ...table.everywhere,
      ...allowedBy(table, path in table.rows ? path : folder),
    ]);
    return specifiers
      .filter((specifier) => !specifier.startsWith("./") && !reaches(allowed, specifier))
      .map((specifier) => `${file} may not import ${specifier}`);
  });
}

function allowedBy({ rows }: ImportTable, name: string): readonly string[] {
  const row = rows[name] ?? [];
  const names = Object.keys(rows);
  return row.includes(EVERYTHING) ? [...row, ...names.slice(0, names.indexOf(name))] : row;
}

/** Whether one of the names is that of the specifier (`#` aside) or of a folder above it. */
function reaches(allowed: ReadonlySet<string>, specifier: string): boolean {
  const words = specifier.replace(/^#/, "").split("/");
  return words.some((_, index) => allowed.has(words.slice(0, index + 1).join("/")));
}

/** Rows that name a folder whose row comes after them. */
export function arrowsUp({ rows }: ImportTable): readonly string[] {
  const names = Object.keys(rows);
  return names.flatMap((name, index) =>
    (rows[name] ?? [])
      .filter((allowed) => names.indexOf(allowed.split("/")[0] ?? "") > index)
      .map((allowed) => `${name} names ${allowed}, whose row comes after it`),
  );
}

/** Rows for which there is neither a folder nor a file. */
export function rowsForNothing({ rows }: ImportTable, imports: Imports): readonly string[] {
  const files = [...imports.keys()];
  return Object.keys(rows).filter(
    (name) => !files.some((file) => file === `src/${name}` || file.startsWith(`src/${name}/`)),
  );
}

/** Files that import each other in a ring, one ring for each file that closes one: `a → b → a`. */
export function importCycles(imports: Imports): readonly string[] {
  const cycles: string[] = [];
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    } else if (!finished.has(file)) {
      path.push(file);
      for (const specifier of imports.get(file) ?? []) {
        const target = targetOf(file, specifier);
        if (target !== undefined && imports.has(target)) visit(target);
      }
      path.pop();
      finished.add(file);
    }
  };
  for (const file of imports.keys()) visit(file);
  return cycles;
}
