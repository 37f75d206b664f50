import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { err, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";

/** A private folder for the time that `use` takes. What cannot be written there is `file-failed`. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<Result<T>>): Promise<Result<T>> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), "kexec-bpf-"));
    return await use(folder);
  } catch (error) {
    return err(fileFailed("write", folder ?? tmpdir(), error));
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
