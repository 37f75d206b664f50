import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed, isMissing } from "#files/errno.ts";
import { filesBelow } from "#files/folder.ts";
import { readInput } from "#files/input-file.ts";
import { fsPath } from "#files/raw-path.ts";
import { type CorpusCase, parseCase } from "#verify/corpus-case.ts";
import type { NamedFile } from "./named-file.ts";

/** An image to judge parsers on. */
export type ImageInput = {
  /** As the user named it, or the folder that it is in. */
  readonly name: string;
  readonly read: () => Promise<Result<Uint8Array>>;
  /** What `NAME.json` beside a `NAME.img` says. */
  readonly description: CorpusCase | undefined;
};

export type ImageFile = ImageInput & NamedFile;

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
export async function findImages(named: readonly NamedFile[]): Promise<FoundImages> {
  const found: ImageFile[] = [];
  const errors: { name: string; failure: Failure }[] = [];
  const seen = new Set<string>();
  for (const one of named) {
    const files = await filesOf(one);
    if (!files.ok) errors.push({ name: one.name, failure: files.failure });
    for (const { name, file } of files.ok ? files.value : []) {
      if (seen.has(file)) continue;
      seen.add(file);
      const description = await describe(file);
      if (description.ok)
        found.push({ name, file, read: () => readInput(file), description: description.value });
      else errors.push({ name, failure: inFile(description.failure, file) });
    }
  }
  if (found.length === 0 && errors.length === 0) {
    const tried = named.map(({ name }) => name);
    const hint = "--image FILE or FOLDER";
    errors.push({
      name: tried.join(" "),
      failure: { reason: "input-not-found", what: "image", tried, hint },
    });
  }
  return { found, errors };
}

async function filesOf({ name, file }: NamedFile): Promise<Result<readonly NamedFile[]>> {
  try {
    if (!(await stat(fsPath(file))).isDirectory()) return ok([{ name, file }]);
    const inside = (await filesBelow(file)).filter((path) => !path.endsWith(".json"));
    return ok(inside.map((path) => ({ name: join(name, path), file: join(file, path) })));
  } catch (error) {
    return err(fileFailed("read", file, error));
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
