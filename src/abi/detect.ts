import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { findMember, membersOf } from "#formats/btf/members.ts";
import {
  ANCHOR,
  DEFAULT_REVISION,
  KFUNCS,
  REVISIONS,
  type Revision,
  type RevisionProfile,
  revisionProfile,
} from "./revisions.ts";

/** Differences that are told: more than any header has members. */
const MOST_DIFFERENCES = 100;

/** Which revision a build is for, and on whose word. */
export type AbiFinding = {
  readonly revision: Revision;
  /** `target`: the kernel's BTF has the interface and agrees. `built-in`: it has none of it. */
  readonly source: "target" | "built-in";
  /** What the target's BTF lacks, where the built-in profile stands in. */
  readonly missing: readonly string[];
};

const HEADER_STRUCT = "cmd_hdr";
const CONTEXT_STRUCT = "kexec_context";

/** The anchor's parameters: the context and the parser's id. */
const ANCHOR_PARAMETERS = 2;

/**
 * Finds the interface's revision in the target's BTF.
 *
 * A kernel with none of the interface is a stock kernel: the built-in profile of the wanted (or the
 * default) revision is used. A kernel with some of it, or with another layout, is an error.
 *
 * Errors: `abi-mismatch` against the wanted revision, or with `auto` against the closest one.
 */
export function detectAbi(btf: Btf, wanted: Revision | "auto"): Result<AbiFinding> {
  const missing = missingNames(btf);
  // `cmd_hdr` is a name that other code could use too: alone it says nothing.
  const evidence = [ANCHOR, ...KFUNCS.map((kfunc) => kfunc.name), structName(CONTEXT_STRUCT)];
  if (evidence.every((name) => missing.includes(name))) {
    return ok({ revision: wanted === "auto" ? DEFAULT_REVISION : wanted, source: "built-in", missing });
  }

  const candidates = (wanted === "auto" ? likely(btf) : [wanted])
    .map((revision) => ({ revision, differences: differences(btf, revisionProfile(revision)) }))
    .sort((a, b) => a.differences.length - b.differences.length);
  const [closest] = candidates;
  if (closest === undefined) throw new Error("there is no revision to compare with");
  if (closest.differences.length > 0) {
    return err<Failure>({
      reason: "abi-mismatch",
      revision: closest.revision,
      differences: closest.differences,
    });
  }
  return ok({ revision: closest.revision, source: "target", missing: [] });
}

/** The context decides with which revisions the BTF is compared. */
function likely(btf: Btf): readonly Revision[] {
  const revision = contextRevision(btf);
  return revision === undefined ? REVISIONS : [revision];
}

/**
 * The revision whose `struct kexec_context` the BTF has, a kernel's or a parser's own, told by a member that only one
 * revision has. Undefined where there is no such struct.
 */
export function contextRevision(btf: Btf): Revision | undefined {
  const contexts = btf.findAll(CONTEXT_STRUCT, ["struct"]);
  if (contexts.length === 0) return undefined;
  return contexts.some((id) => findMember(btf, id, "parsing_buf") !== undefined) ? "v7" : "v6";
}

function structName(name: string): string {
  return `struct ${name}`;
}

function missingNames(btf: Btf): readonly string[] {
  return [
    ...[ANCHOR, ...KFUNCS.map((kfunc) => kfunc.name)].filter(
      (name) => btf.find(name, ["func"]) === undefined,
    ),
    ...[CONTEXT_STRUCT, HEADER_STRUCT]
      .filter((name) => btf.find(name, ["struct"]) === undefined)
      .map(structName),
  ];
}

/** One sentence for each place where the BTF is not what the profile says. */
function differences(btf: Btf, profile: RevisionProfile): readonly string[] {
  return [
    ...functionDifferences(btf, ANCHOR, ANCHOR_PARAMETERS),
    ...KFUNCS.flatMap((kfunc) => functionDifferences(btf, kfunc.name, kfunc.parameters)),
    ...fewest(btf.findAll(CONTEXT_STRUCT, ["struct"]), structName(CONTEXT_STRUCT), (id) =>
      contextDifferences(btf, id, profile),
    ),
    ...fewest(btf.findAll(HEADER_STRUCT, ["struct"]), structName(HEADER_STRUCT), (id) =>
      headerDifferences(btf, id, profile),
    ),
  ];
}

/** Several structs may share a name; the interface's is the one that fits best. */
function fewest(
  ids: readonly number[],
  name: string,
  compare: (id: number) => readonly string[],
): readonly string[] {
  const [best] = ids.map(compare).sort((a, b) => a.length - b.length);
  return best ?? [`${name} is missing`];
}

function functionDifferences(btf: Btf, name: string, parameters: number): readonly string[] {
  const id = btf.find(name, ["func"]);
  if (id === undefined) return [`${name}() is missing`];
  const func = btf.type(id);
  const prototype = func.kind === "func" ? btf.type(func.type) : func;
  if (prototype.kind !== "func_proto") return [`${name}() has no prototype`];
  const found = prototype.parameters.length;
  return found === parameters ? [] : [`${name}() has ${found} parameters, not ${parameters}`];
}

function contextDifferences(btf: Btf, id: number, profile: RevisionProfile): readonly string[] {
  return profile.context.flatMap((field) => {
    const member = findMember(btf, id, field.name);
    const name = `${structName(CONTEXT_STRUCT)} member ${field.name}`;
    if (member === undefined) return field.optional ? [] : [`${name} is missing`];
    if (member.size !== undefined && field.sizes.includes(member.size)) return [];
    return [`${name} has ${member.size ?? "no"} bytes, not ${field.sizes.join(" or ")}`];
  });
}

function headerDifferences(btf: Btf, id: number, profile: RevisionProfile): readonly string[] {
  const name = structName(HEADER_STRUCT);
  const found: string[] = [];
  let offset = 0;
  for (const field of profile.header) {
    const member = findMember(btf, id, field.name);
    if (member === undefined) {
      found.push(`${name} member ${field.name} is missing`);
    } else if (member.size !== field.size || member.offset !== offset) {
      found.push(
        `${name} member ${field.name} has ${member.size ?? "no"} bytes at offset ${member.offset}, ` +
          `not ${field.size} at ${offset}`,
      );
    }
    offset += field.size;
  }
  const known = new Set(profile.header.map((field) => field.name));
  for (const member of membersOf(btf, id)) {
    if (found.length > MOST_DIFFERENCES) break;
    if (!known.has(member.name)) found.push(`${name} has a member ${member.name} that the revision has not`);
  }
  const type = btf.type(id);
  if (type.kind === "struct" && type.size !== profile.headerSize) {
    found.push(`${name} has ${type.size} bytes, not ${profile.headerSize}`);
  }
  return found;
}
