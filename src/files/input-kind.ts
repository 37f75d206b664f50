import type { Stats } from "node:fs";
import type { FileFailed, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";

/** What can be read: a file that has an end, `/dev/null`, or a pipe that was meant as one. */
export type InputKind = "regular" | "null" | "pipe";

/** Linux's number of `/dev/null` (Documentation/admin-guide/devices.txt): character device 1:3. */
const NULL_DEVICE = (1 << 8) | 3;

/**
 * Whether what lies at a path may be read, before anything of it is. A device may never end, and opening one can have effects;
 * a FIFO may never begin.
 *
 * @param own whether the path names a descriptor of this process, as `/dev/stdin` does
 *
 * Errors: `unsupported` with the kind in words.
 */
export function inputKind(
  path: string,
  stats: Stats,
  { own }: { readonly own: boolean },
): Result<InputKind, FileFailed | Unsupported> {
  if (stats.isFile()) return ok("regular");
  if (stats.isCharacterDevice() && stats.rdev === NULL_DEVICE) return ok("null");
  if (own && (stats.isFIFO() || stats.isSocket())) return ok("pipe");
  const detail = "regular files are read, and pipes by the names - and /dev/stdin";
  return err({ reason: "unsupported", what: `reading ${kindInWords(stats)}`, detail, file: path });
}

function kindInWords(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isSocket()) return "a socket";
  return stats.isBlockDevice() ? "a block device" : "a device";
}
