import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isFile } from "./search-path.ts";

/** The headers that a parser's source includes, all as <bpf/NAME>. */
const HEADERS = ["bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h"] as const;
/** Included by bpf_helpers.h. A kernel tree has only the script that makes it: scripts/bpf_doc.py. */
const HELPER_DEFS = "bpf_helper_defs.h";

export type LibbpfHeaders = {
  /** For clang's -I: the folder that contains `bpf/`. */
  readonly includeDir: string;
  /** `1.1`; undefined where bpf/libbpf_version.h is missing, which came with libbpf 0.6. */
  readonly version: string | undefined;
  /** Whether bpf/bpf_helper_defs.h is there too, or has to be made from the kernel tree's own bpf.h. */
  readonly helperDefs: boolean;
};

export type HeadersChoice =
  | { readonly state: "found"; readonly headers: LibbpfHeaders; readonly tried: readonly string[] }
  | { readonly state: "missing"; readonly tried: readonly string[] };

/** A folder for -I, and whether it will do without bpf_helper_defs.h. */
export type HeadersCandidate = { readonly includeDir: string; readonly generatesHelperDefs: boolean };

/**
 * Where to look, in order. The tree keeps its headers directly in tools/lib/bpf, so that tools/lib is the folder to
 * include from. A user may as well name the `bpf` folder itself.
 */
export function headersCandidates(
  named: string | undefined,
  kernelTree: string | undefined,
  system: readonly string[],
): readonly HeadersCandidate[] {
  if (named !== undefined) {
    const folders = basename(named) === "bpf" ? [named, dirname(named)] : [named];
    return folders.map((includeDir) => ({ includeDir, generatesHelperDefs: false }));
  }
  const tree = kernelTree === undefined ? [] : [join(kernelTree, "tools/lib")];
  return [
    ...tree.map((includeDir) => ({ includeDir, generatesHelperDefs: true })),
    ...system.map((includeDir) => ({ includeDir, generatesHelperDefs: false })),
  ];
}

/** Takes the first candidate that has all the headers. */
export function findHeaders(candidates: readonly HeadersCandidate[]): HeadersChoice {
  const tried: string[] = [];
  for (const { includeDir, generatesHelperDefs } of candidates) {
    const folder = join(includeDir, "bpf");
    const helperDefs = isFile(join(folder, HELPER_DEFS));
    const needed = generatesHelperDefs ? HEADERS : [...HEADERS, HELPER_DEFS];
    const missing = needed.filter((name) => !isFile(join(folder, name)));
    if (missing.length === 0) {
      const version = readVersion(join(folder, "libbpf_version.h"));
      return { state: "found", headers: { includeDir, version, helperDefs }, tried };
    }
    tried.push(missing.length === needed.length ? folder : `${folder}: no ${missing.join(", ")}`);
  }
  return { state: "missing", tried };
}

/** Reads libbpf_version.h; undefined where one of the two numbers is not there. */
export function parseLibbpfVersion(header: string): string | undefined {
  const number = (name: string) =>
    new RegExp(`^#define\\s+LIBBPF_${name}_VERSION\\s+(\\d+)`, "m").exec(header)?.[1];
  const [major, minor] = [number("MAJOR"), number("MINOR")];
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}`;
}

function readVersion(file: string): string | undefined {
  try {
    return parseLibbpfVersion(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
