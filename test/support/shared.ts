import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The variable of the environment that tells a worker the run's folder. */
export const RUN_FOLDER = "KEXEC_BPF_TEST_RUN";

/** Where something of that name is kept for the run. */
function placeOf(name: string): string {
  const folder = process.env[RUN_FOLDER];
  if (folder === undefined) throw new Error(`no ${RUN_FOLDER}: vitest did not start this`);
  return join(folder, name.replaceAll("/", "_"));
}

/** Gives a made folder its name. Of two workers that made the same, one comes first, and the other's goes. */
function published(made: string, place: string): string {
  try {
    renameSync(made, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
    rmSync(made, { recursive: true });
  }
  return place;
}

/** A folder that one test file of a run makes, and the others find. None may change what is in it. */
export function sharedFolder(name: string, make: (folder: string) => void): string {
  const place = placeOf(name);
  if (existsSync(place)) return place;
  const made = mkdtempSync(`${place}.`);
  make(made);
  return published(made, place);
}

/** The same, of what takes its time. */
export async function sharedFolderOf(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const place = placeOf(name);
  if (existsSync(place)) return place;
  const made = mkdtempSync(`${place}.`);
  await make(made);
  return published(made, place);
}

/** A text that one test file of a run finds out, for the others too. */
export function sharedText(name: string, find: () => string): string {
  const folder = sharedFolder(name, (made) => writeFileSync(join(made, "text"), find()));
  return readFileSync(join(folder, "text"), "utf8");
}
