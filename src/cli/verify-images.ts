import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed, isMissing } from "#files/errno.ts";
import { filesBelow } from "#files/folder.ts";
import { readInput } from "#files/input-file.ts";
import { fsPath } from "#files/raw-path.ts";
import { type CorpusCase, parseCase } from "#verify/corpus-case.ts";

/** An image to judge parsers on. */
export type ImageFile = {
  /** As the user named it, or the folder that it is in. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** What `NAME.json` beside a `NAME.img` says. */
  readonly description: CorpusCase | undefined;
};

/**
 * The images that files and folders stand for: of a folder every file below it, in the order of their names, but for
 * the descriptions of cases and for hidden files.
 *
 * Errors: `file-failed`; `malformed` for a bad description; `input-not-found` where there is no image at all.
 */
export async function findImages(
  named: readonly string[],
  cwd: string,
): Promise<Result<readonly ImageFile[]>> {
  const images: ImageFile[] = [];
  for (const name of named) {
    const files = await filesOf(name, cwd);
    if (!files.ok) return files;
    for (const one of files.value) {
      const file = resolve(cwd, one);
      const description = await describe(file);
      if (!description.ok) return err(inFile(description.failure, file));
      images.push({ name: one, file, description: description.value });
    }
  }
  if (images.length > 0) return ok(images);
  return err({ reason: "input-not-found", what: "image", tried: named, hint: "--image FILE or FOLDER" });
}

async function filesOf(name: string, cwd: string): Promise<Result<readonly string[]>> {
  const path = resolve(cwd, name);
  try {
    if (!(await stat(fsPath(path))).isDirectory()) return ok([name]);
    const files = (await filesBelow(path)).filter((file) => !file.endsWith(".json"));
    return ok(files.map((file) => join(name, file)));
  } catch (error) {
    return err(fileFailed("read", path, error));
  }
}

/** The description of a case; undefined for an image without one. */
async function describe(image: string): Promise<Result<CorpusCase | undefined>> {
  if (!image.endsWith(".img")) return ok(undefined);
  const file = `${image.slice(0, -".img".length)}.json`;
  const text = await readInput(file);
  if (!text.ok) {
    return isMissing(text.failure) ? ok(undefined) : text;
  }
  const description = parseCase(Buffer.from(text.value).toString());
  return description.ok ? description : err(inFile(description.failure, file));
}
