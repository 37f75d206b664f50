import { resolve } from "node:path";
import type { NamedFile } from "#api/common/named-file.ts";

/** A file as the user names it, for commands that print the name. */
export function namedFile(name: string, cwd: string): NamedFile {
  return { name, file: resolve(cwd, name) };
}

/** Each name once. */
export function namedFiles(names: readonly string[], cwd: string): readonly NamedFile[] {
  return [...new Set(names)].map((name) => namedFile(name, cwd));
}
