import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { err, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";
import { mayLive } from "./owner.ts";

/** The numbers are the owner's: of its space of process ids, for another container may use the same folder, and its process id. */
const NAME = /^kexec-bpf-(\d+)-(\d+)-\w{6}$/;

/**
 * A private folder for the time that `use` takes, and what runs that were killed have left goes away. Nothing secret is put there: neither
 * keys nor PINs.
 *
 * Errors: those of `use`; what cannot be written there is `file-failed`.
 *
 * @param place the folder that it is made in
 */
export async function inTemporaryFolder<T>(
  use: (folder: string) => Promise<Result<T>>,
  place: string = tmpdir(),
): Promise<Result<T>> {
  removeStaleFolders(place);
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(place, `kexec-bpf-${processSpace()}-${process.pid}-`));
    return await use(folder);
  } catch (error) {
    return err(fileFailed("write", folder ?? place, error));
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** As far as the system allows. Of a place that cannot be read, writing to it will say why. */
function removeStaleFolders(place: string): void {
  try {
    for (const name of readdirSync(place)) {
      const [, space, pid] = NAME.exec(name) ?? [];
      if (space !== processSpace()) continue;
      const folder = join(place, name);
      const stat = lstatSync(folder, { throwIfNoEntry: false });
      // A link or another user's folder is left alone.
      if (stat === undefined || !stat.isDirectory() || stat.uid !== process.getuid?.()) continue;
      if (!mayLive(Number(pid), stat.mtimeMs)) rmSync(folder, { recursive: true, force: true });
    }
  } catch (error) {
    fileFailed("remove", place, error);
  }
}

/** The inode of the namespace of process ids (pid_namespaces(7)); 0 where the system does not tell. */
function processSpace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch (error) {
    fileFailed("read", "/proc/self/ns/pid", error);
    return "0";
  }
}
