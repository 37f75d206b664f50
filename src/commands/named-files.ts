import { resolve } from "node:path";
import type { NamedFile } from "#api/named-file.ts";

/** Files as the user names them, for commands that print the names; each name once. */
export function namedFiles(names: readonly string[], cwd: string): readonly NamedFile[] {
  return [...new Set(names)].map((name) => ({ name, file: resolve(cwd, name) }));
}
