import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import { packageRoot } from "#api/common/package-root.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed, isMissing } from "#files/errno.ts";
import { readInputText } from "#files/input-file.ts";
import { makeFolder } from "#files/output.ts";
import { type Output, writeOutputs } from "#files/output-set.ts";
import { buildFiles } from "./build-files.ts";
import { type EjectedParser, ejectedParsers } from "./parsers.ts";

export type EjectRequest = {
  /** Absolute; made where it is not there. Empty, or that of an earlier `eject`. */
  readonly folder: string;
  readonly revision: Revision;
  /** Folders with targets of the user's own. */
  readonly targetFolders: readonly string[];
};

export type EjectReport = {
  readonly schema: 1;
  readonly folder: string;
  readonly revision: Revision;
  readonly parsers: readonly string[];
  /** Paths in the folder. */
  readonly files: readonly string[];
};

/** By this file an earlier `eject` is known: the files that it wrote, a line each. */
const MARKER = ".kexec-bpf-eject";

const HOST = "host";

/**
 * Writes a folder that builds the parsers by itself: their C, and what makes bytecode of it with clang, bpftool and a host
 * compiler. All or nothing. What an earlier `eject` wrote there is replaced.
 *
 * Errors: `usage` for a folder that has something else in it; those of targets and templates; `file-failed`.
 */
export async function eject(request: EjectRequest): Promise<Result<EjectReport>> {
  const earlier = await earlierFiles(request.folder);
  if (!earlier.ok) return earlier;
  const parsers = await ejectedParsers(request);
  if (!parsers.ok) return parsers;
  const texts = await allTexts(parsers.value, request.revision);
  if (!texts.ok) return texts;
  const files = [...texts.value.keys()];
  const written = await write(request.folder, texts.value, earlier.value);
  if (!written.ok) return written;
  const names = parsers.value.map(({ target }) => target.name);
  return ok({ schema: 1, folder: request.folder, revision: request.revision, parsers: names, files });
}

/** What an earlier `eject` left in the folder. Errors: `usage` where it holds something, and none was there. */
async function earlierFiles(folder: string): Promise<Result<readonly string[]>> {
  try {
    const names = await readdir(folder);
    if (names.length === 0) return ok([]);
    if (!names.includes(MARKER)) {
      const detail = `${folder} has files of its own: eject writes into a new or empty folder, or over an earlier eject`;
      return err<Failure>({ reason: "usage", detail });
    }
  } catch (error) {
    const failure = fileFailed("read", folder, error);
    return isMissing(failure) ? ok([]) : err(failure);
  }
  const list = await readInputText(join(folder, MARKER));
  if (!list.ok) return list;
  // Nothing outside of the folder is removed, whatever the list says.
  return ok(list.value.split("\n").filter((name) => /^(?:\w[\w.-]*\/){0,2}\w[\w.-]*$/.test(name)));
}

/** By path in the folder: what all the files say. */
async function allTexts(
  parsers: readonly EjectedParser[],
  revision: Revision,
): Promise<Result<ReadonlyMap<string, string>>> {
  const texts = new Map<string, string>();
  const built = await buildFiles(parsers, revision);
  if (!built.ok) return built;
  for (const [name, text] of built.value) texts.set(name, text);
  for (const { sources } of parsers) for (const [path, text] of sources) texts.set(path, text);
  const host = await hostPrograms();
  if (!host.ok) return host;
  for (const [name, text] of host.value) texts.set(`${HOST}/${name}`, text);
  return ok(texts);
}

async function hostPrograms(): Promise<Result<ReadonlyMap<string, string>>> {
  const folder = join(packageRoot(), "bpf", "eject");
  const texts = new Map<string, string>();
  try {
    for (const name of (await readdir(folder)).sort()) {
      const text = await readInputText(join(folder, name));
      if (!text.ok) return text;
      texts.set(name, text.value);
    }
  } catch (error) {
    return err(fileFailed("read", folder, error));
  }
  return ok(texts);
}

async function write(
  folder: string,
  texts: ReadonlyMap<string, string>,
  earlier: readonly string[],
): Promise<Result<void>> {
  const outputs: Output[] = [...texts].map(([name, content]) => ({ file: join(folder, name), content }));
  for (const place of new Set([folder, ...outputs.map(({ file }) => dirname(file))])) {
    const made = await makeFolder(place);
    if (!made.ok) return made;
  }
  const stale = earlier.filter((name) => !texts.has(name));
  return writeOutputs([
    ...outputs,
    ...stale.map((name) => ({ file: join(folder, name), content: undefined })),
    { file: join(folder, MARKER), content: `${[...texts.keys()].join("\n")}\n` },
  ]);
}
