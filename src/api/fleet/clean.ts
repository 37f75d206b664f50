import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { clean } from "#api/clean.ts";
import type { Context } from "#api/context.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { filesIn } from "#files/folder.ts";
import { REPORT_NAME } from "#fleet/report.ts";
import { kernelRequest } from "./kernel-request.ts";
import { chosenKernels, readFleet } from "./read-fleet.ts";
import { FLEET_PRIVATE, recordFile } from "./records.ts";
import type { FleetRequest } from "./request.ts";

/**
 * Removes what runs have left: outputs, records and reports; without globs what the kernels share as well. Files of others stay, and
 * so do folders that have some.
 *
 * Errors: those of reading the fleet; `file-failed`; `cancelled`.
 */
export async function cleanFleet(
  { file, out, only }: Pick<FleetRequest, "file" | "out" | "only">,
  context: Pick<Context, "emit" | "signal">,
): Promise<Result<{ readonly kernels: number }>> {
  const fleet = await readFleet(file);
  if (!fleet.ok) return fleet;
  const chosen = chosenKernels(fleet.value, only);
  if (!chosen.ok) return chosen;
  const tools = { clang: undefined, llvm: undefined, bpftool: undefined, libbpfHeaders: undefined };
  for (const kernel of chosen.value) {
    const request = kernelRequest(kernel, { out, tools, sizeStep: undefined, jobs: 1 });
    const cleaned = await clean(request, context);
    if (!cleaned.ok) return cleaned;
    const removed = await removeAll([recordFile(out, kernel.name)], [request.out]);
    if (!removed.ok) return removed;
  }
  if (only.length === 0) {
    const reports = await reportFilesIn(out);
    const removed = await removeAll([...reports, join(out, FLEET_PRIVATE)], [out]);
    if (!removed.ok) return removed;
  }
  return ok({ kernels: chosen.value.length });
}

async function reportFilesIn(out: string): Promise<readonly string[]> {
  try {
    return (await filesIn(out)).filter((name) => REPORT_NAME.test(name)).map((name) => join(out, name));
  } catch (error) {
    // A folder that is not there has none.
    fileFailed("read", out, error);
    return [];
  }
}

/** @param folders those that are empty then */
async function removeAll(files: readonly string[], folders: readonly string[]): Promise<Result<void>> {
  for (const file of files) {
    try {
      await rm(file, { force: true, recursive: true });
    } catch (error) {
      return err(fileFailed("remove", file, error));
    }
  }
  for (const folder of folders) {
    try {
      await rmdir(folder);
    } catch (error) {
      // Another's file lies there, or it is gone already.
      fileFailed("remove", folder, error);
    }
  }
  return ok(undefined);
}
