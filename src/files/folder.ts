import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fsPath, textOfName } from "./raw-path.ts";

/**
 * The names of what a folder has that is no folder, hidden files left out, in their order. A name that is no UTF-8 is one like the others
 * (`raw-path.ts`). Throws as `node:fs` does.
 */
export async function filesIn(folder: string): Promise<readonly string[]> {
  return (await entriesOf(folder)).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
}

/** The same for all folders below, as paths from this one. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const { name, isFolder } of await entriesOf(folder)) {
    if (!isFolder) files.push(name);
    else files.push(...(await filesBelow(join(folder, name))).map((file) => join(name, file)));
  }
  return files.sort();
}

async function entriesOf(folder: string) {
  const entries = readdirSync(fsPath(folder), { withFileTypes: true, encoding: "buffer" });
  return entries
    .map((entry) => ({ name: textOfName(entry.name), isFolder: entry.isDirectory() }))
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
