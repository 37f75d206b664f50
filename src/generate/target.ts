import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { PARTS, type PartName, type PerPart, partNamed } from "#abi/parts.ts";
import { REVISIONS, type Revision, revisionProfile } from "#abi/revisions.ts";
import type { Failure } from "#core/failure.ts";
import { isRecord } from "#core/is-record.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { readInputText } from "#files/input-file.ts";
import { MAX_CONTAINER_PROGRAMS } from "#formats/elf/container.ts";
import { ARCHITECTURES, type Architecture } from "#kernel-image/architecture.ts";

type OneCommand = { readonly command: "DECOMPRESS" | "COPY"; readonly flag?: "FILL" };

/** A part's command; `or` is another one, which the body may choose by what it finds. */
export type PartCommand = OneCommand & { readonly or?: OneCommand };

export type PartCommands = Partial<PerPart<PartCommand>>;

/**
 * A parser that can be built: `<name>.json` describes it, a `.hbs` file beside it is the body of its
 * program. docs/targets.md shows how to write one.
 */
export type Target = {
  readonly name: string;
  readonly description: string;
  /** The path of the body's template, by revision; the target is for these revisions alone. */
  readonly body: Readonly<Partial<Record<Revision, string>>>;
  /** By revision, for each that has a body. None: a stream of DONE alone. */
  readonly parts: Readonly<Partial<Record<Revision, PartCommands>>>;
  /** The architectures that the target is for. */
  readonly architectures: readonly Architecture[];
  /** By architecture: the targets whose parsers become `.bpf.nested`, in the order in which they are tried. */
  readonly nested: Readonly<Record<string, readonly string[]>>;
  /** Kernel types and enumerators that the body uses beside those of every parser. */
  readonly types: readonly string[];
  /** The path of a module (`ImageFormat`) that knows the format: images are measured by it. */
  readonly reference: string | undefined;
  /** The description's own path. */
  readonly file: string;
};

const NAME = /^[a-z][a-z0-9_]*$/;
/** Goals that are no targets: a target of such a name could not be asked for. */
const GOALS = new Set(["all", "clean"]);
/** Whether a target can have the name. */
export function isTargetName(name: string): boolean {
  return NAME.test(name) && !GOALS.has(name);
}

const PART_NAMES = PARTS.map(({ name }) => name)
  .join(", ")
  .replace(/, (\w+)$/, " or $1");
const PART_COMMAND = /^(DECOMPRESS|COPY)(?: (FILL))?$/;

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
      names = readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .sort();
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
  const refuse = (detail: string) => err(bad(name, detail, file));
  if (!isRecord(description)) return refuse("an object is expected");
  const unknown = Object.keys(description).find((key) => !MEMBERS.has(key));
  if (unknown !== undefined) return refuse(`unknown member "${unknown}"`);

  const text = description["description"];
  if (typeof text !== "string" || /[\n\r]|\*\//.test(text)) {
    return refuse('"description" must be one line of text');
  }
  const types = description["types"] ?? [];
  if (!isListOfNames(types)) return refuse('"types" must be a list of names');
  const architectures = description["architectures"] ?? ARCHITECTURES;
  if (!isListOfNames(architectures) || architectures.length === 0 || !architectures.every(isArchitecture)) {
    return refuse(`"architectures" must be a list of some of ${ARCHITECTURES.join(", ")}`);
  }
  const { reference } = description;
  if (reference !== undefined && (typeof reference !== "string" || !/\.m?js$/.test(reference))) {
    return refuse('"reference" must name a module (.mjs) beside the description');
  }
  const revisions = parseRevisions(description, folder);
  if (!revisions.ok) return refuse(revisions.failure);
  const nested = parseNested(description["nested"] ?? {});
  if (!nested.ok) return refuse(nested.failure);
  return ok({
    name,
    description: text,
    ...revisions.value,
    architectures,
    nested: nested.value,
    types,
    reference: reference === undefined ? undefined : resolve(folder, reference),
    file,
  });
}

const MEMBERS = new Set(["description", "architectures", "body", "parts", "nested", "types", "reference"]);

type Revisions = Pick<Target, "body" | "parts">;

const ALL_REVISIONS = Object.fromEntries(REVISIONS.map((revision) => [revision, true]));

/**
 * `body` and `parts`, by revision. A `body` that is one name is that of every revision which `parts` has; `parts` without revisions are
 * those of every revision which `body` has; both at once are for all, COPY FILL being COPY where there is no pipeline. A failure is what is wrong with them.
 */
function parseRevisions(description: Record<string, unknown>, folder: string): Result<Revisions, string> {
  const { body: given, parts: listed } = description;
  if (!isRecord(listed)) return err('"parts" must be an object, of parts or of revisions');
  const flat = Object.keys(listed).some((key) => partNamed(key) !== undefined);
  const named = typeof given === "string" ? Object.keys(flat ? ALL_REVISIONS : listed) : undefined;
  const bodies = named === undefined ? given : Object.fromEntries(named.map((key) => [key, given]));
  if (!isRecord(bodies)) return err('"body" must be the name of a template, or an object of revisions');
  const parts = flat ? Object.fromEntries(Object.keys(bodies).map((key) => [key, listed])) : listed;
  for (const [member, revisions] of Object.entries({ body: bodies, parts })) {
    const stray = Object.keys(revisions).find((key) => !REVISIONS.some((revision) => revision === key));
    if (stray !== undefined) return err(`"${member}.${stray}": no revision ${stray} is known`);
  }
  const body: Partial<Record<Revision, string>> = {};
  const commands: Partial<Record<Revision, PartCommands>> = {};
  for (const revision of REVISIONS) {
    const template = bodies[revision];
    if (template === undefined && parts[revision] === undefined) continue;
    if (template === undefined) return err(`"parts.${revision}" is there, and "body.${revision}" is not`);
    if (typeof template !== "string" || !/^[a-z][a-z0-9_-]*$/.test(template)) {
      return err(`"body.${revision}" must name a template beside the description, without its .hbs`);
    }
    if (parts[revision] === undefined) {
      return err(`"body.${revision}" is there, and "parts.${revision}" is not`);
    }
    body[revision] = join(folder, `${template}.hbs`);
    const parsed = parseParts(parts[revision], revision, flat);
    if (!parsed.ok) return parsed;
    commands[revision] = parsed.value;
  }
  if (Object.keys(body).length === 0) return err(`"body" must have one of ${REVISIONS.join(", ")}`);
  return ok({ body, parts: commands });
}

/** @param forAll whether they are those of all revisions: then FILL is for those that have it */
function parseParts(parts: unknown, revision: Revision, forAll: boolean): Result<PartCommands, string> {
  if (!isRecord(parts)) return err(`"parts.${revision}" must be an object with parts for members`);
  const profile = revisionProfile(revision);
  const parsed: Partial<Record<PartName, PartCommand>> = {};
  for (const [name, given] of Object.entries(parts)) {
    const part = partNamed(name)?.name;
    const withFlag = !forAll || profile.pipeline.FILL !== undefined;
    const commands = (Array.isArray(given) ? given : [given]).map((text) => parseCommand(text, withFlag));
    const [first, or, ...more] = commands;
    if (part === undefined || first === undefined || commands.includes(undefined)) {
      return err(`"parts.${revision}.${name}": ${PART_NAMES} with DECOMPRESS, COPY or COPY FILL`);
    }
    if (more.length > 0 || first.command === or?.command) {
      return err(`"parts.${revision}.${part}": a choice is of DECOMPRESS and COPY, or COPY FILL`);
    }
    if ((first.flag ?? or?.flag) !== undefined && profile.pipeline.FILL === undefined) {
      return err(`"parts.${revision}.${part}": revision ${revision} has no pipeline`);
    }
    parsed[part] = or === undefined ? first : { ...first, or };
  }
  // Only a DONE can say that an image was taken of which nothing is sent.
  if (
    parsed.kernel === undefined &&
    (profile.commands.DONE === undefined || Object.keys(parsed).length > 0)
  ) {
    return err(`"parts.${revision}" must at least have "kernel"`);
  }
  return ok(parsed);
}

function parseCommand(text: unknown, withFlag: boolean): OneCommand | undefined {
  const match = typeof text === "string" ? PART_COMMAND.exec(text) : null;
  if (match === null) return undefined;
  const command = match[1] as OneCommand["command"];
  return match[2] === undefined || !withFlag ? { command } : { command, flag: "FILL" };
}

function parseNested(nested: unknown): Result<Readonly<Record<string, readonly string[]>>, string> {
  if (!isRecord(nested)) return err('"nested" must be an object with architectures for members');
  const parsed: Record<string, readonly string[]> = {};
  for (const [arch, inner] of Object.entries(nested)) {
    if (!isArchitecture(arch)) {
      return err(`"nested.${arch}": an architecture is one of ${ARCHITECTURES.join(", ")}`);
    }
    const names = typeof inner === "string" ? [inner] : inner;
    if (!isListOfNames(names) || names.length === 0) {
      return err(`"nested.${arch}" must name a target, or several in a list`);
    }
    if (names.length > MAX_CONTAINER_PROGRAMS) {
      return err(`"nested.${arch}": ${names.length} parsers, a container takes ${MAX_CONTAINER_PROGRAMS}`);
    }
    parsed[arch] = names;
  }
  return ok(parsed);
}

function isArchitecture(name: string): name is Architecture {
  return ARCHITECTURES.some((arch) => arch === name);
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

function bad(target: string, detail: string, file: string): Failure {
  return { reason: "bad-target", target, detail, file };
}
