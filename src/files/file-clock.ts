import { closeSync, fstatSync, futimesSync, statSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileFailed } from "./errno.ts";
import { open } from "./named.ts";
import { discard, temporaryBeside } from "./output.ts";
import { fsPath } from "./raw-path.ts";
import { changeTime, isSettled, type Stamp, TICKS } from "./stamp.ts";

/** A file as it was last seen. */
type SeenFile = { readonly path: string; readonly stamp: Stamp };

/**
 * Waits until every change of these files from now on shows in their stamps, but no longer than two ticks of the slowest clock.
 *
 * What counts is the clock that a file system stamps its files with: a file of our own, in `folder`, is touched until it is stamped later
 * than the newest of them. That takes one tick, and less where the kernel tells changes apart that are looked at (Linux 6.13). Files of
 * other file systems are given the whole time.
 *
 * @returns those of which it can be said
 */
export async function settledFiles<Seen extends SeenFile>(
  files: readonly Seen[],
  folder: string,
): Promise<readonly Seen[]> {
  // One millisecond for what clocks of whole ones leave out, one for timers, which end that much too soon.
  const end = performance.now() + TICKS + 2;
  const clock = FileClock.in(folder);
  const own = files.filter(({ path }) => clock !== undefined && deviceOf(path) === clock.device);
  try {
    const newest = own.map(({ stamp }) => changeTime(stamp)).reduce(later, 0n);
    let now = clock?.now() ?? 0n;
    while (now <= newest && performance.now() < end) {
      await setTimeout(1);
      now = clock?.now() ?? 0n;
    }
    if (own.length < files.length) await setTimeout(Math.max(0, end - performance.now()));
    return files.filter((file) =>
      own.includes(file) ? changeTime(file.stamp) < now : isSettled(file.stamp, Date.now()),
    );
  } finally {
    clock?.close();
  }
}

const later = (left: bigint, right: bigint): bigint => (left > right ? left : right);

function deviceOf(path: string): bigint | undefined {
  try {
    return statSync(fsPath(path), { bigint: true, throwIfNoEntry: false })?.dev;
  } catch (error) {
    fileFailed("open", path, error);
    return undefined;
  }
}

/** What a file system stamps a change with that is made now. */
class FileClock {
  readonly device: bigint;
  readonly #file: string;
  readonly #descriptor: number;

  private constructor(file: string, descriptor: number) {
    this.#file = file;
    this.#descriptor = descriptor;
    this.device = fstatSync(descriptor, { bigint: true }).dev;
  }

  /** Undefined where no file can be made in the folder. */
  static in(folder: string): FileClock | undefined {
    const file = temporaryBeside(`${folder}/clock`);
    try {
      return new FileClock(file, open(file, "wx"));
    } catch (error) {
      fileFailed("open", file, error);
      discard(file);
      return undefined;
    }
  }

  /** In nanoseconds since 1970. */
  now(): bigint {
    futimesSync(this.#descriptor, 0, 0);
    return fstatSync(this.#descriptor, { bigint: true }).ctimeNs;
  }

  close(): void {
    closeSync(this.#descriptor);
    discard(this.#file);
  }
}
