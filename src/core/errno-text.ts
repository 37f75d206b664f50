import { getSystemErrorMap } from "node:util";

/** Where Node's words, which are those of libuv, are not the plainest. */
const PLAINER: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "a file stands where a folder is expected",
  EISDIR: "it is a folder",
  ENOTEMPTY: "the folder is not empty",
  EACCES: "not permitted by its permissions",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
  EDQUOT: "no space left in the quota",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "symbolic links lead in a circle",
  ENXIO: "no such device",
  ETXTBSY: "it is a program that is running",
};

/** Says an error of the system in plain words, with its name: `no such file or folder (ENOENT)`. */
export function errnoText(code: string): string {
  const words = PLAINER[code] ?? [...getSystemErrorMap().values()].find(([name]) => name === code)?.[1];
  return words === undefined ? code : `${words} (${code})`;
}
