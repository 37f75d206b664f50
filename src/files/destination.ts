import type { Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { FileFailed, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";
import { lstat, readlink, realpath } from "./named.ts";

/** What an output's name stands for. */
export type Destination = FileDestination | StreamDestination;

/** A regular file, or one that is to be made: it is written beside and renamed into place. */
export type FileDestination = {
  readonly kind: "file";
  /** Behind all symbolic links. */
  readonly path: string;
  /** The permissions of the file that is there. */
  readonly mode: number | undefined;
};

/** What is written into and never replaced: a pipe or character device, or what this process has open already. */
export type StreamDestination =
  | { readonly kind: "stream"; readonly path: string }
  | { readonly kind: "descriptor"; readonly descriptor: number };

/** As many symbolic links as Linux follows (path_resolution(7)). */
const MOST_LINKS = 40;
const PERMISSIONS = 0o777;

/**
 * The one rule for all outputs. A symbolic link stands for what it leads to, one that leads nowhere for a file to be made there. A
 * pipe or character device is written into. `/dev/stdout` and `/dev/fd/N` stand for the open descriptor, whatever it is.
 *
 * Errors: `file-failed`; `unsupported` for a socket or a block device.
 */
export function destinationOf(file: string): Result<Destination, FileFailed | Unsupported> {
  try {
    const found = follow(file);
    if (typeof found === "number") return ok({ kind: "descriptor", descriptor: found });
    const { path, stat } = found;
    if (stat === undefined) return ok({ kind: "file", path, mode: undefined });
    if (stat.isFile()) return ok({ kind: "file", path, mode: stat.mode & PERMISSIONS });
    if (stat.isFIFO() || stat.isCharacterDevice()) return ok({ kind: "stream", path });
    if (stat.isDirectory()) return err({ reason: "file-failed", operation: "write", file, code: "EISDIR" });
    return err(refused(stat.isSocket() ? "a socket" : "a block device", file));
  } catch (error) {
    return err(fileFailed("write", file, error));
  }
}

/** The same for one of several outputs, or one that a tool writes: only a file can be put in place together with others. */
export function fileDestination(file: string): Result<FileDestination, FileFailed | Unsupported> {
  const found = destinationOf(file);
  if (!found.ok) return found;
  return found.value.kind === "file" ? ok(found.value) : err(refused("a pipe or device", file));
}

function refused(what: string, file: string): Unsupported {
  const detail = "only a regular file can be replaced here";
  return { reason: "unsupported", what: `${what} in the place of an output`, detail, file };
}

type Followed = { readonly path: string; readonly stat: Stats | undefined };

/** Where a name leads: a place, or the number of a descriptor of this process. Throws as `node:fs` does. */
function follow(file: string): Followed | number {
  const first = lstat(file);
  if (first !== undefined && !first.isSymbolicLink()) return { path: file, stat: first };
  let path = file;
  for (let links = 0; links <= MOST_LINKS; links++) {
    path = join(realpath(dirname(path)), basename(path));
    const stat = lstat(path);
    const descriptor = stat && ownDescriptor(path);
    if (descriptor !== undefined) return descriptor;
    if (!stat?.isSymbolicLink()) return { path: links === 0 ? file : path, stat };
    path = resolve(dirname(path), readlink(path));
  }
  throw Object.assign(new Error(file), { code: "ELOOP" });
}

/** Links in /proc/self/fd lead to what is open, which need not have a name; opened anew, a file would be written from its start. */
function ownDescriptor(path: string): number | undefined {
  const [, pid, descriptor] = /^\/proc\/(\d+)\/fd\/(\d+)$/.exec(path) ?? [];
  return Number(pid) === process.pid ? Number(descriptor) : undefined;
}
