import { join } from "node:path";
import { upToDate } from "#build/up-to-date.ts";
import { ok, type Result } from "#core/result.ts";
import { readInputText } from "#files/input-file.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import type { KernelRecord } from "#fleet/record.ts";

/** What is private to the fleet in its output folder: records of kernels, and what their folders share. */
export const FLEET_PRIVATE = ".fleet";

type StoredRecord = { readonly schema: 1; readonly key: string; readonly record: KernelRecord };

export function recordFile(out: string, name: string): string {
  return join(out, FLEET_PRIVATE, "records", `${name}.json`);
}

/** What came of a kernel when it was last built; undefined where nothing that can be read did. */
export async function readRecord(out: string, name: string): Promise<StoredRecord | undefined> {
  const text = await readInputText(recordFile(out, name));
  if (!text.ok) return undefined;
  try {
    const stored = JSON.parse(text.value) as StoredRecord | null;
    return stored?.schema === 1 && stored.record?.name === name ? stored : undefined;
  } catch (error) {
    // Others than this program have written to it: the kernel is looked at anew.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The record of a kernel for which there is nothing to do. */
export async function currentRecord(
  out: string,
  name: string,
  key: string,
): Promise<KernelRecord | undefined> {
  const stored = await readRecord(out, name);
  if (stored?.key !== key || stored.record.state !== "built") return undefined;
  return upToDate(join(out, name), key) === undefined ? undefined : stored.record;
}

/** Errors: `file-failed`. */
export async function writeRecord(out: string, key: string, record: KernelRecord): Promise<Result<void>> {
  const folder = await makeFolder(join(out, FLEET_PRIVATE, "records"));
  if (!folder.ok) return folder;
  const stored: StoredRecord = { schema: 1, key, record };
  const written = await writeOutput(recordFile(out, record.name), `${JSON.stringify(stored)}\n`);
  return written.ok ? ok(undefined) : written;
}
