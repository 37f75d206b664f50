import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";

/** A regular file that this user may execute; symbolic links are followed. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

export async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/**
 * Finds a tool as a shell would: a name with a slash is a path (relative to `cwd`), any other name is looked
 * for in `searchPath`. Relative and empty entries of the latter are passed over: a tool that depends on the
 * current folder is no tool to build with.
 *
 * @returns an absolute path, symbolic links kept (a tool may behave by the name it is called by)
 */
export async function findExecutable(
  name: string,
  searchPath: string,
  cwd: string,
): Promise<string | undefined> {
  if (name.includes("/")) {
    const path = resolve(cwd, name);
    return (await isExecutable(path)) ? path : undefined;
  }
  for (const folder of searchPath.split(":").filter(isAbsolute)) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** The names in a folder; none where there is no such folder. */
export async function listFolder(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
