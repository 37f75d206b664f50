import type { FileFailed, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type FileDestination, fileDestination } from "./destination.ts";
import { fileFailed } from "./errno.ts";
import { copy, linkFile, lstat, remove, rename, writeNew } from "./named.ts";
import { discard, keepPermissions, temporaryBeside } from "./output.ts";

export type Output = {
  readonly file: string;
  /** Undefined: there shall be no such file, such as an earlier run may have left. */
  readonly content: string | Uint8Array | undefined;
};

type Member = {
  /** As the caller names it. */
  readonly file: string;
  readonly place: FileDestination;
  /** Undefined: the file is to be removed. */
  readonly temporary: string | undefined;
  /** A second name of what was there before, for as long as the set is not complete. */
  readonly before: string;
};

/**
 * Files that belong together: first all contents are written beside their places, then all are put in place, by one rename
 * after the other with nothing in between. Where one of these fails, the files which had their turn get their old content
 * back.
 *
 * A run that is killed before the first rename leaves all old, after the last all new. Between two of them, a matter of microseconds,
 * it leaves some old and some new, each of them whole: no system call renames several files.
 */
export class OutputSet {
  readonly #members: Member[] = [];

  /** Adds what `produce` writes to the temporary file that it is given. Errors: those of `fileDestination` and `produce`. */
  async stage<T>(
    file: string,
    produce: (temporary: string) => Result<T> | Promise<Result<T>>,
  ): Promise<Result<T>> {
    const member = this.#stage(file);
    return member.ok ? produce(member.value) : member;
  }

  /** Adds a file with its content, or the wish that there be none. Errors: those of `fileDestination`; `file-failed`. */
  add({ file, content }: Output): Result<void> {
    if (content === undefined) return this.#stageRemoval(file);
    const temporary = this.#stage(file);
    if (!temporary.ok) return temporary;
    try {
      writeNew(temporary.value, content);
      return ok(undefined);
    } catch (error) {
      return err(fileFailed("write", file, error));
    }
  }

  /** Puts all in place. Errors: `file-failed`; every file is then as it was. */
  commit(): Result<void> {
    for (const member of this.#members) {
      try {
        if (member.temporary !== undefined) keepPermissions(member.temporary, member.place);
        keep(member);
      } catch (error) {
        return err(fileFailed("write", member.file, error));
      }
    }
    for (const [index, { file, place, temporary }] of this.#members.entries()) {
      try {
        if (temporary === undefined) remove(place.path);
        else rename(temporary, place.path);
      } catch (error) {
        const failed = err(fileFailed(temporary === undefined ? "remove" : "rename", file, error));
        for (const done of this.#members.slice(0, index)) restore(done);
        return failed;
      }
    }
    return ok(undefined);
  }

  /** Removes what is left of the set beside its files. To be called at the end in any case. */
  discard(): void {
    for (const { temporary, before } of this.#members) {
      if (temporary !== undefined) discard(temporary);
      discard(before);
    }
  }

  #stage(file: string): Result<string> {
    const place = fileDestination(file);
    if (!place.ok) return place;
    const { path } = place.value;
    const temporary = temporaryBeside(path);
    this.#members.push({ file, place: place.value, temporary, before: temporaryBeside(path) });
    return ok(temporary);
  }

  /** Of a symbolic link, the link itself is removed, and not what it leads to. */
  #stageRemoval(file: string): Result<void, FileFailed | Unsupported> {
    const checked = fileDestination(file);
    if (!checked.ok) return checked;
    const place = { ...checked.value, path: file };
    this.#members.push({ file, place, temporary: undefined, before: temporaryBeside(file) });
    return ok(undefined);
  }
}

/** Makes a set for the time that `fill` takes, and puts it in place where that succeeds. Errors: as `fill`, `commit`. */
export async function withOutputSet<T>(fill: (set: OutputSet) => Promise<Result<T>>): Promise<Result<T>> {
  const set = new OutputSet();
  try {
    const filled = await fill(set);
    if (!filled.ok) return filled;
    const done = set.commit();
    return done.ok ? filled : done;
  } finally {
    set.discard();
  }
}

/** Writes files that belong together. Errors: as `OutputSet`; every file is then as it was. */
export function writeOutputs(outputs: readonly Output[]): Promise<Result<void>> {
  return withOutputSet(async (set) => {
    for (const output of outputs) {
      const added = set.add(output);
      if (!added.ok) return added;
    }
    return ok(undefined);
  });
}

/** Gives the old file a second name; a copy where the file system knows no second names. */
function keep({ file, place, before }: Member): void {
  if (!isThere(place.path)) return;
  try {
    linkFile(place.path, before);
  } catch (error) {
    fileFailed("rename", file, error);
    copy(place.path, before);
  }
}

function restore({ file, place, before }: Member): void {
  try {
    if (isThere(before)) rename(before, place.path);
    else remove(place.path);
  } catch (error) {
    // The failure that led here says more. Only a bug is thrown on.
    fileFailed("rename", file, error);
  }
}

function isThere(path: string): boolean {
  return lstat(path) !== undefined;
}
