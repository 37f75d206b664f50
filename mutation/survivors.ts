import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Equivalents, isAlive, type Judged } from "./report.ts";

/** Names of what survived, a file for each folder, so that runs of different folders may go side by side. */
function fileOf(root: string, folder: string): string {
  return join(root, "out/mutation/survivors", `${folder}.json`);
}

export async function lastSurvivors(root: string, folders: readonly string[]): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const folder of folders) {
    const file = fileOf(root, folder);
    const list: readonly string[] = existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : [];
    for (const name of list) names.add(name);
  }
  return names;
}

/** What was tried is as it was found now; what was not tried stays as it was. */
export async function rememberSurvivors(
  root: string,
  folders: readonly string[],
  judged: readonly Judged[],
  equivalents: Equivalents,
): Promise<void> {
  for (const folder of folders) {
    const names = new Set(await lastSurvivors(root, [folder]));
    for (const one of judged.filter(({ mutant }) => mutant.file.startsWith(`src/${folder}/`))) {
      if (isAlive(one) && !equivalents.has(one.name)) names.add(one.name);
      else names.delete(one.name);
    }
    const file = fileOf(root, folder);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify([...names].sort(), undefined, 1)}\n`);
  }
}
