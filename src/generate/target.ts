import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { REVISIONS, type Revision, revisionProfile } from "#abi/revisions.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { readInputText } from "#files/input-file.ts";
import { ARCHITECTURES } from "#kernel/architecture.ts";

export type PartName = "kernel" | "initrd" | "cmdline";

export type PartCommand = { readonly command: "DECOMPRESS" | "COPY"; readonly flag?: "FILL" };

/**
 * A parser that can be built: `<name>.json` describes it, a `.hbs` file beside it is the body of its
 * program. docs/targets.md shows how to write one.
 */
export type Target = {
  readonly name: string;
  readonly description: string;
  /** The path of the body's template, by revision. */
  readonly body: Readonly<Record<Revision, string>>;
  readonly parts: Readonly<Record<Revision, Readonly<Partial<Record<PartName, PartCommand>>>>>;
  /** The target whose container becomes `.bpf.nested`, by architecture. */
  readonly nested: Readonly<Record<string, string>>;
  /** Kernel types and enumerators that the body uses beside those of every parser. */
  readonly types: readonly string[];
  /** The description's own path. */
  readonly file: string;
};

const NAME = /^[a-z][a-z0-9_]*$/;
/** Goals that are no targets: a target of such a name could not be asked for. */
const GOALS = new Set(["all", "clean"]);
const PART_COMMAND = /^(DECOMPRESS|COPY)(?: (FILL))?$/;
const PART_NAMES = new Set<string>(["kernel", "initrd", "cmdline"]);

/**
 * Reads all target descriptions of the folders, in order. Every name may occur once.
 *
 * Errors: `file-failed` for a folder that cannot be read, `bad-target` for a description that is
 * not understood, naming the member.
 */
export async function loadTargets(folders: readonly string[]): Promise<Result<ReadonlyMap<string, Target>>> {
  const targets = new Map<string, Target>();
  for (const folder of folders) {
    let names: string[];
    try {
      names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
    } catch (error) {
      return err(fileFailed("read", folder, error));
    }
    for (const name of names) {
      const target = await loadTarget(join(folder, name), folder);
      if (!target.ok) return target;
      const earlier = targets.get(target.value.name);
      if (earlier !== undefined) {
        return err(bad(target.value.name, `already described in ${earlier.file}`, target.value.file));
      }
      targets.set(target.value.name, target.value);
    }
  }
  return ok(targets);
}

async function loadTarget(file: string, folder: string): Promise<Result<Target>> {
  const name = basename(file, ".json");
  if (!NAME.test(name)) {
    return err(bad(name, "a target's name is lower-case letters, digits and _, a letter first", file));
  }
  if (GOALS.has(name)) return err(bad(name, "is a goal of its own: the target needs another name", file));
  const text = await readInputText(file);
  if (!text.ok) return text;
  let description: unknown;
  try {
    description = JSON.parse(text.value);
  } catch (error) {
    if (error instanceof SyntaxError) return err(bad(name, error.message, file));
    throw error;
  }
  return parseTarget(name, description, file, folder);
}

/** Checks a parsed description; `folder` is where its bodies lie. */
export function parseTarget(
  name: string,
  description: unknown,
  file: string,
  folder: string,
): Result<Target> {
  if (!isRecord(description)) return err(bad(name, "an object is expected", file));
  const known = new Set(["description", "body", "parts", "nested", "types"]);
  const unknown = Object.keys(description).find((key) => !known.has(key));
  if (unknown !== undefined) return err(bad(name, `unknown member "${unknown}"`, file));

  const text = description["description"];
  if (typeof text !== "string" || /[\n\r]|\*\//.test(text)) {
    return err(bad(name, '"description" must be one line of text', file));
  }
  const bodies = description["body"];
  const parts = description["parts"];
  const nested = description["nested"] ?? {};
  const isArchitecture = (name: string) => ARCHITECTURES.some((arch) => arch === name);
  const types = description["types"] ?? [];
  if (!Array.isArray(types) || !types.every((type) => typeof type === "string")) {
    return err(bad(name, '"types" must be a list of names', file));
  }
  if (!isRecord(bodies) || !isRecord(parts)) {
    return err(bad(name, '"body" and "parts" must be objects with a member for each revision', file));
  }
  for (const [member, revisions] of Object.entries({ body: bodies, parts })) {
    const stray = Object.keys(revisions).find((key) => !REVISIONS.some((revision) => revision === key));
    if (stray !== undefined)
      return err(bad(name, `"${member}.${stray}": no revision ${stray} is known`, file));
  }
  if (!isRecord(nested)) {
    return err(bad(name, '"nested" must be an object with architectures for members', file));
  }
  const body = {} as Record<Revision, string>;
  const commands = {} as Record<Revision, Partial<Record<PartName, PartCommand>>>;
  for (const revision of REVISIONS) {
    const template = bodies[revision];
    if (typeof template !== "string" || !/^[a-z][a-z0-9_-]*$/.test(template)) {
      return err(bad(name, `"body.${revision}" must name a template beside the description`, file));
    }
    body[revision] = join(folder, `${template}.hbs`);
    const parsed = parseParts(name, parts[revision], revision, file);
    if (!parsed.ok) return parsed;
    commands[revision] = parsed.value;
  }
  for (const [arch, inner] of Object.entries(nested)) {
    if (!isArchitecture(arch)) {
      return err(bad(name, `"nested.${arch}": an architecture is one of ${ARCHITECTURES.join(", ")}`, file));
    }
    if (typeof inner !== "string") return err(bad(name, `"nested.${arch}" must name a target`, file));
  }
  return ok({
    name,
    description: text,
    body,
    parts: commands,
    nested: nested as Record<string, string>,
    types,
    file,
  });
}

function parseParts(
  name: string,
  parts: unknown,
  revision: Revision,
  file: string,
): Result<Partial<Record<PartName, PartCommand>>> {
  if (!isRecord(parts) || parts["kernel"] === undefined) {
    return err(bad(name, `"parts.${revision}" must at least have "kernel"`, file));
  }
  const profile = revisionProfile(revision);
  const parsed: Partial<Record<PartName, PartCommand>> = {};
  for (const [part, text] of Object.entries(parts)) {
    const match = typeof text === "string" ? PART_COMMAND.exec(text) : null;
    if (!PART_NAMES.has(part) || match === null) {
      return err(
        bad(
          name,
          `"parts.${revision}.${part}": kernel, initrd or cmdline with DECOMPRESS, COPY or COPY FILL`,
          file,
        ),
      );
    }
    if (match[2] !== undefined && profile.pipeline.FILL === undefined) {
      return err(bad(name, `"parts.${revision}.${part}": revision ${revision} has no pipeline`, file));
    }
    parsed[part as PartName] = {
      command: match[1] as PartCommand["command"],
      ...(match[2] === undefined ? {} : { flag: "FILL" as const }),
    };
  }
  return ok(parsed);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bad(target: string, detail: string, file: string): Failure {
  return { reason: "bad-target", target, detail, file };
}
