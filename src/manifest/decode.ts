import type { Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { BUILD_TYPE, PREDICATE_TYPE, PROOF_TYPE, STATEMENT_TYPE } from "./manifest.ts";

export type NamedDigest = { readonly name: string; readonly sha256: string };

/** The part of a manifest that can be checked against files. */
export type Manifest = { readonly outputs: readonly NamedDigest[]; readonly inputs: readonly NamedDigest[] };

/**
 * Decodes a manifest or a proof's certificate that this program wrote.
 *
 * Errors: `unsupported`, with the JSON path of the member, for types and versions that are not known here and for members of
 * another shape. What else a manifest has is not looked at.
 */
export function decodeManifest(text: string): Result<Manifest, Unsupported> {
  let statement: unknown;
  try {
    statement = JSON.parse(text);
  } catch (error) {
    return unsupported("$", `it is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (member(statement, "$.predicateType") === PROOF_TYPE) return decodeCertificate(statement);
  const fixed: readonly [path: string, value: string][] = [
    ["$._type", STATEMENT_TYPE],
    ["$.predicateType", PREDICATE_TYPE],
    ["$.predicate.buildDefinition.buildType", BUILD_TYPE],
  ];
  for (const [path, value] of fixed) {
    const found = member(statement, path);
    if (found !== value) return unsupported(path, `${show(found)}, must be ${show(value)}`);
  }
  const outputs = digests(statement, "$.subject");
  if (!outputs.ok) return outputs;
  if (outputs.value.length === 0) return unsupported("$.subject", "no outputs");
  const inputs = digests(statement, "$.predicate.buildDefinition.resolvedDependencies");
  return inputs.ok ? ok({ outputs: outputs.value, inputs: inputs.value }) : inputs;
}

/** Its subject is what was proven; it names no inputs. */
function decodeCertificate(statement: unknown): Result<Manifest, Unsupported> {
  const type = member(statement, "$._type");
  if (type !== STATEMENT_TYPE)
    return unsupported("$._type", `${show(type)}, must be ${show(STATEMENT_TYPE)}`);
  const outputs = digests(statement, "$.subject");
  if (!outputs.ok) return outputs;
  if (outputs.value.length === 0) return unsupported("$.subject", "no outputs");
  return ok({ outputs: outputs.value, inputs: [] });
}

function digests(statement: unknown, path: string): Result<readonly NamedDigest[], Unsupported> {
  const list = member(statement, path);
  if (!Array.isArray(list)) return unsupported(path, `${show(list)}, must be a list`);
  const found: NamedDigest[] = [];
  for (const [index, entry] of list.entries()) {
    const at = `${path}[${index}]`;
    const name = member(entry, "$.name");
    // Control characters are no part of a name that anyone would want to see on a terminal.
    if (typeof name !== "string" || name === "" || /\p{Cc}/u.test(name)) {
      return unsupported(`${at}.name`, `${show(name)}, must be a file's name`);
    }
    const sha256 = member(entry, "$.digest.sha256");
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) {
      return unsupported(`${at}.digest.sha256`, `${show(sha256)}, must be 64 hexadecimal digits`);
    }
    found.push({ name, sha256 });
  }
  return ok(found);
}

/** The member that a path of names reaches; undefined where it does not. */
function member(value: unknown, path: string): unknown {
  return path
    .split(".")
    .slice(1)
    .reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Short, on one line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function unsupported(path: string, detail: string): Result<never, Unsupported> {
  return err({ reason: "unsupported", what: `manifest ${path}`, detail });
}
