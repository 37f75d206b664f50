import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";

/** A regular file that this user may execute; symbolic links are followed. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
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
export function findExecutable(name: string, searchPath: string, cwd: string): string | undefined {
  if (name.includes("/")) {
    const path = resolve(cwd, name);
    return isExecutable(path) ? path : undefined;
  }
  for (const folder of searchPath.split(":").filter(isAbsolute)) {
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  return undefined;
}

/** The names in a folder; none where there is no such folder. */
export function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
