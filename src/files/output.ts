import { basename, dirname, join } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { type FileDestination, fileDestination } from "./destination.ts";
import { fileFailed } from "./errno.ts";
import { chmod, makeFolders, namesIn, remove, rename, stat, writeNew } from "./named.ts";
import { mayLive } from "./owner.ts";

/** Marks what a killed run may leave behind; the number is the process that wrote it. */
const TEMPORARY = /^\..+\.(\d+)-\d+\.kexec-bpf$/;

let serial = 0;
/** Temporary files that this process is writing. In a new container a process may well have the number of a dead one. */
const own = new Set<string>();

/** Bytes of a file's name that its temporary bears: names have 255 at most, on some file systems 143. */
const NAME_LENGTH = 100;

/** A name beside `file`, on the same file system, that no other process uses. */
export function temporaryBeside(file: string): string {
  serial += 1;
  const name = beginning(basename(file));
  const temporary = join(dirname(file), `.${name}.${process.pid}-${serial}.kexec-bpf`);
  own.add(temporary);
  return temporary;
}

/** As much of a name as fits, in whole characters. */
function beginning(name: string): string {
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(NAME_LENGTH));
  return name.slice(0, read);
}

/**
 * Makes an output appear at once or not at all: `produce` writes the temporary file that it is
 * given, which is then renamed to `file`. Whatever fails, `file` is as it was and nothing is left. A symbolic link stays, and what
 * it leads to is replaced; permissions stay as well. What is no file is refused (`fileDestination`).
 */
export async function replaceFile<T>(
  file: string,
  produce: (temporary: string) => Result<T> | Promise<Result<T>>,
): Promise<Result<T>> {
  const destination = fileDestination(file);
  if (!destination.ok) return destination;
  const temporary = temporaryBeside(destination.value.path);
  let renamed = false;
  try {
    const produced = await produce(temporary);
    if (!produced.ok) return produced;
    // What produce() throws is no failed rename.
    try {
      keepPermissions(temporary, destination.value);
      rename(temporary, destination.value.path);
    } catch (error) {
      return err(fileFailed("rename", file, error));
    }
    renamed = true;
    return produced;
  } finally {
    if (!renamed) discard(temporary);
    own.delete(temporary);
  }
}

/** Gives a temporary file the permissions of the file that it will replace. Throws as `node:fs` does. */
export function keepPermissions(temporary: string, { mode }: FileDestination): void {
  if (mode !== undefined && ((stat(temporary)?.mode ?? 0) & 0o777) !== mode) chmod(temporary, mode);
}

/** Removes a temporary file. Where the system does not allow that, the failure that led here says more. */
export function discard(temporary: string): void {
  try {
    remove(temporary);
    own.delete(temporary);
  } catch (error) {
    fileFailed("remove", temporary, error);
  }
}

/**
 * Writes `content` to `file` through `replaceFile`. Synchronous calls: a build writes many small files,
 * and a thread pool's round trips take longer than the writing.
 */
export function writeOutput(file: string, content: string | Uint8Array): Promise<Result<void>> {
  return replaceFile(file, (temporary) => {
    try {
      writeNew(temporary, content);
      return ok(undefined);
    } catch (error) {
      return err(fileFailed("write", file, error));
    }
  });
}

export async function makeFolder(folder: string): Promise<Result<void>> {
  try {
    makeFolders(folder);
    return ok(undefined);
  } catch (error) {
    return err(fileFailed("create folder", folder, error));
  }
}

/**
 * Removes temporary files in `folder` that nobody writes any more, as far as the system allows. Nothing is done about a folder
 * that cannot be read: writing to it will say why.
 */
export function removeStaleTemporaries(folder: string): void {
  for (const name of temporariesIn(folder)) {
    const pid = TEMPORARY.exec(name)?.[1];
    const file = join(folder, name);
    if (pid !== undefined && !isBeingWritten(file, Number(pid))) discard(file);
  }
}

function temporariesIn(folder: string): readonly string[] {
  try {
    return namesIn(folder);
  } catch (error) {
    fileFailed("read", folder, error);
    return [];
  }
}

function isBeingWritten(file: string, pid: number): boolean {
  if (pid === process.pid) return own.has(file);
  return mayLive(pid, stat(file)?.mtimeMs);
}
