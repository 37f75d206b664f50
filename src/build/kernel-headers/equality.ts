import { join } from "node:path";
import { isRecord } from "#core/is-record.ts";
import { readInputText } from "#files/input-file.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import { WRITER_VERSION } from "#generate/vmlinux-header/write.ts";

/** What comparisons of our `vmlinux.h` with a bpftool's have shown. */
export type Equality =
  | { readonly kind: "unknown" }
  | { readonly kind: "other" }
  /** Equal, on types that took these kinds and rules. */
  | { readonly kind: "equal"; readonly features: ReadonlySet<string> };

const FILE = "equality.json";
const SCHEMA = 1;
/** bpftools that are remembered; each update leaves one behind. */
const MOST = 16;

/**
 * Remembers in a folder for which bpftools our writer is equal. Like the program's other memories, it may be lost, or be nonsense: then the
 * comparison is made again.
 *
 * @param tool names a bpftool by its content
 */
export async function knownEquality(folder: string, tool: string): Promise<Equality> {
  const known = (await readAll(folder)).get(tool);
  if (known === undefined) return { kind: "unknown" };
  return known.length === 0 ? { kind: "other" } : { kind: "equal", features: new Set(known) };
}

/** Adds what a comparison took where both were equal; after one that was not, the tool's own text is always taken. */
export async function rememberEquality(
  folder: string,
  tool: string,
  found: { readonly equal: boolean; readonly features: ReadonlySet<string> },
): Promise<void> {
  const all = await readAll(folder);
  const features = found.equal ? [...new Set([...(all.get(tool) ?? []), ...found.features])].sort() : [];
  all.delete(tool);
  all.set(tool, features);
  const tools = Object.fromEntries([...all].slice(-MOST));
  const made = await makeFolder(folder);
  // A home that cannot be written to costs another comparison.
  if (made.ok) {
    const content = { schema: SCHEMA, writer: WRITER_VERSION, tools };
    void (await writeOutput(join(folder, FILE), JSON.stringify(content)));
  }
}

async function readAll(folder: string): Promise<Map<string, readonly string[]>> {
  const text = await readInputText(join(folder, FILE));
  const all = new Map<string, readonly string[]>();
  if (!text.ok) return all;
  const content = parsed(text.value);
  if (!isRecord(content) || content["schema"] !== SCHEMA || content["writer"] !== WRITER_VERSION) return all;
  if (!isRecord(content["tools"])) return all;
  for (const [tool, features] of Object.entries(content["tools"])) {
    if (isStrings(features)) all.set(tool, features);
  }
  return all;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Damaged: as good as lost.
    return undefined;
  }
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
