import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed, isMissing } from "#files/errno.ts";
import { filesBelow } from "#files/folder.ts";
import { readInput } from "#files/input-file.ts";
import { fsPath } from "#files/raw-path.ts";
import { type CorpusCase, parseCase } from "#verify/corpus-case.ts";

/** An image to judge parsers on. */
export type ImageInput = {
  /** As the user named it, or the folder that it is in. */
  readonly name: string;
  readonly read: () => Promise<Result<Uint8Array>>;
  /** What `NAME.json` beside a `NAME.img` says. */
  readonly description: CorpusCase | undefined;
};

/** `file` is absolute. */
export type ImageFile = ImageInput & { readonly file: string };

export type FoundImages = {
  readonly found: readonly ImageFile[];
  /** Files and folders that cannot be read, cases whose descriptions are bad; the others are judged. */
  readonly errors: readonly { readonly name: string; readonly failure: Failure }[];
};

/**
 * The images that files and folders stand for: of a folder every file below it, in the order of their names, but for
 * the descriptions of cases and for hidden files. Each file once, however often it is named.
 *
 * Errors: `file-failed`; `malformed` for a bad description; `input-not-found` where there is no image at all.
 */
export async function findImages(named: readonly string[], cwd: string): Promise<FoundImages> {
  const found: ImageFile[] = [];
  const errors: { name: string; failure: Failure }[] = [];
  const seen = new Set<string>();
  for (const name of named) {
    const files = await filesOf(name, cwd);
    if (!files.ok) errors.push({ name, failure: files.failure });
    for (const one of files.ok ? files.value : []) {
      const file = resolve(cwd, one);
      if (seen.has(file)) continue;
      seen.add(file);
      const description = await describe(file);
      if (description.ok)
        found.push({ name: one, file, read: () => readInput(file), description: description.value });
      else errors.push({ name: one, failure: inFile(description.failure, file) });
    }
  }
  if (found.length === 0 && errors.length === 0) {
    const failure = {
      reason: "input-not-found",
      what: "image",
      tried: named,
      hint: "--image FILE or FOLDER",
    } as const;
    errors.push({ name: named.join(" "), failure });
  }
  return { found, errors };
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
