import type { DeclaredBranch } from "#core/coverage.ts";
import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";

/** A declaration of the data file, with the parsers that it is about; left out: all of them. */
export type Declaration = DeclaredBranch & {
  /** Names of targets: `uki`. */
  readonly targets?: readonly string[];
  /** Of the interface: `v7`. */
  readonly revisions?: readonly string[];
};

const MEMBERS: { readonly [Name in keyof Required<Declaration>]: (value: unknown) => boolean } = {
  source: isText,
  direction: (value) => value === "taken" || value === "passed",
  reason: isText,
  jump: (value) => value === undefined || isPattern(value),
  reachable: (value) => value === undefined || (Number.isInteger(value) && Number(value) >= 0),
  targets: isOptionalList,
  revisions: isOptionalList,
};

/**
 * Reads `templates/coverage/unreachable.json`: a list of declarations. Errors: `malformed`, with the entry and its
 * member; the offset is the file's beginning, where JSON's own is not known.
 */
export function parseDeclarations(text: string): Result<readonly Declaration[], Malformed> {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    return malformed("file", error instanceof Error ? error.message : String(error));
  }
  if (!Array.isArray(list)) return malformed("file", "no list");
  for (const [index, entry] of list.entries()) {
    const given: Readonly<Record<string, unknown>> = typeof entry === "object" && entry !== null ? entry : {};
    const wrong =
      Object.entries(MEMBERS).find(([name, isGood]) => !isGood(given[name]))?.[0] ??
      Object.keys(given).find((name) => !(name in MEMBERS));
    if (wrong !== undefined) return malformed(`entry ${index}`, `${wrong}: ${JSON.stringify(given[wrong])}`);
  }
  return ok(list as readonly Declaration[]);
}

/** The declarations about one parser. */
export function declaredFor(
  declarations: readonly Declaration[],
  target: string,
  revision: string,
): readonly DeclaredBranch[] {
  return declarations.filter(
    ({ targets, revisions }) =>
      (targets === undefined || targets.includes(target)) &&
      (revisions === undefined || revisions.includes(revision)),
  );
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isPattern(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}

function isOptionalList(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length > 0 && value.every(isText));
}

function malformed(section: string, detail: string): Result<never, Malformed> {
  return err({ reason: "malformed", format: "unreachable branches", section, offset: 0, detail });
}
