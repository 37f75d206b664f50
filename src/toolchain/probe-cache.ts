import { readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "#core/is-record.ts";
import { digest } from "#files/digest.ts";
import { makeFolder, writeOutput } from "#files/output.ts";

/**
 * What was once learnt about a binary, so that a tool is asked for its version once and not at every start.
 * The file is a convenience: missing, unreadable, corrupt or of another schema, it is simply made again,
 * and a home that cannot be written to only costs time.
 */
const SCHEMA = 1;
const FILE = "tools.json";
/** Each update of a tool leaves an entry behind; the oldest go. */
const ENTRY_LIMIT = 64;
/** Smaller binaries, in bytes, are hashed: some milliseconds. */
const HASHED = 16 * 1024 * 1024;

export type ProbeCache = {
  /** Facts of unknown shape: the caller checks them. */
  readonly get: (identity: string) => unknown;
  readonly set: (identity: string, facts: unknown) => void;
  /** Writes the file if anything was set. Concurrent writers replace each other's whole files. */
  readonly save: () => Promise<void>;
};

/**
 * Names one state of one binary. The path it was found by belongs to it: multi-call programs (ccache, pyenv's
 * shims) are one file that answers by the name it was called by. So does its content, for its time can be kept: by its digest, or where
 * it is large, by the time of the last change, which a change of its rights alone moves too.
 *
 * @returns undefined where there is no such file
 */
export function binaryIdentity(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    const { size, mtimeNs, ctimeNs } = statSync(real, { bigint: true });
    const content = size < HASHED ? digest(readFileSync(real)) : ctimeNs;
    return [path, real, size, mtimeNs, content].join(":");
  } catch {
    return undefined;
  }
}

/** @param folder the program's cache folder; it need not exist yet */
export function openProbeCache(folder: string): ProbeCache {
  const entries = readEntries(join(folder, FILE));
  let changed = false;
  return {
    get: (identity) => entries.get(identity),
    set: (identity, facts) => {
      entries.delete(identity);
      entries.set(identity, facts);
      changed = true;
    },
    save: async () => {
      if (!changed) return;
      changed = false;
      await writeEntries(folder, Array.from(entries).slice(-ENTRY_LIMIT));
    },
  };
}

function readEntries(file: string): Map<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (isRecord(parsed) && parsed["schema"] === SCHEMA && isRecord(parsed["tools"])) {
      return new Map(Object.entries(parsed["tools"]));
    }
  } catch {
    // Absent, unreadable or not JSON: begin anew.
  }
  return new Map();
}

async function writeEntries(folder: string, entries: readonly (readonly [string, unknown])[]): Promise<void> {
  const content = { schema: SCHEMA, tools: Object.fromEntries(entries) };
  // A failure of either is let pass: see above.
  const made = await makeFolder(folder);
  if (made.ok) void (await writeOutput(join(folder, FILE), `${JSON.stringify(content, undefined, 2)}\n`));
}
