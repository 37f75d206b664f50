import { copyFileSync, existsSync, linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "./errno.ts";
import { discard, temporaryBeside } from "./output.ts";

export type Output = {
  readonly file: string;
  /** Undefined: there shall be no such file, such as an earlier run may have left. */
  readonly content: string | Uint8Array | undefined;
};

type Staged = Output & {
  readonly temporary: string;
  /** What was there before, for as long as the set is not complete. */
  readonly before: string;
};

/**
 * Writes files that belong together: all contents beside their places first, then each into its place by a rename. Where
 * that fails, the files which had their turn get their old content back.
 *
 * Errors: `file-failed`; every file is then as it was. A run that is killed between two renames leaves some old and some new,
 * each of them whole.
 */
export function writeOutputs(outputs: readonly Output[]): Result<void> {
  const staged = outputs.map(({ file, content }) => ({
    file,
    content,
    temporary: temporaryBeside(file),
    before: temporaryBeside(file),
  }));
  try {
    for (const { file, content, temporary } of staged) {
      if (content === undefined) continue;
      try {
        writeFileSync(temporary, content, { flag: "wx" });
      } catch (error) {
        return err(fileFailed("write", file, error));
      }
    }
    return putInPlace(staged);
  } finally {
    for (const { temporary, before } of staged) for (const file of [temporary, before]) discard(file);
  }
}

function putInPlace(staged: readonly Staged[]): Result<void> {
  for (const [index, output] of staged.entries()) {
    const { file, content, temporary } = output;
    try {
      keep(output);
      if (content === undefined) rmSync(file, { force: true });
      else renameSync(temporary, file);
    } catch (error) {
      const failed = err(fileFailed(content === undefined ? "remove" : "rename", file, error));
      for (const done of staged.slice(0, index)) restore(done);
      return failed;
    }
  }
  return ok(undefined);
}

/** Gives the old file a second name; a copy where the file system knows no second names. */
function keep({ file, before }: Staged): void {
  if (!existsSync(file)) return;
  try {
    linkSync(file, before);
  } catch (error) {
    fileFailed("rename", file, error);
    copyFileSync(file, before);
  }
}

function restore({ file, before }: Staged): void {
  try {
    if (existsSync(before)) renameSync(before, file);
    else rmSync(file, { force: true });
  } catch (error) {
    // The failure that led here says more. Only a bug is thrown on.
    fileFailed("rename", file, error);
  }
}
