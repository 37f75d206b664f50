import { readFileSync } from "node:fs";

/** The part of os-release(5) that tells which package manager is at hand. */
export type OsRelease = {
  /** `debian`, `ubuntu`, `fedora`, `arch`; `linux` where the file does not say, as its manual has it. */
  readonly id: string;
  /** The distributions that this one derives from, closest first. */
  readonly idLike: readonly string[];
  /** Debian's and Ubuntu's name of the release: `bookworm`. */
  readonly codename: string | undefined;
};

export function parseOsRelease(text: string): OsRelease {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^\s*([A-Z_0-9]+)=(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, unquote(value));
  }
  return {
    id: fields.get("ID") ?? "linux",
    idLike: (fields.get("ID_LIKE") ?? "").split(/\s+/).filter((id) => id !== ""),
    codename: fields.get("VERSION_CODENAME"),
  };
}

/** @returns what an empty file would say where there is none */
export function readOsRelease(file: string): OsRelease {
  try {
    return parseOsRelease(readFileSync(file, "utf8"));
  } catch {
    return parseOsRelease("");
  }
}

/** Shell quoting without expansion: single or double quotes around the whole, a backslash before `"$\` and the grave. */
function unquote(value: string): string {
  const inner = /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
  return inner.replace(/\\(["'$`\\])/g, "$1");
}
