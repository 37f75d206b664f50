import type { AbiMismatch } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { membersOf, type PlacedMember } from "#formats/btf/members.ts";
import { type Revision, revisionProfile } from "./revisions.ts";

/** Where a member of `struct cmd_hdr` stands; `size` is 1, 2 or 4 bytes, unsigned, little-endian. */
export type HeaderPlace = { readonly offset: number; readonly size: number };

/** `struct cmd_hdr` as a target kernel has it. */
export type HeaderLayout = {
  readonly revision: Revision;
  /** Bytes of the struct; the payload begins there. */
  readonly size: number;
  /** By the member's name; exactly those that the revision has. */
  readonly places: ReadonlyMap<string, HeaderPlace>;
};

const STRUCT = "cmd_hdr";

/** More members than any `struct cmd_hdr` has; a hostile BTF may claim millions. */
const MEMBERS_LOOKED_AT = 32;

/** The layout that the revision's mails give. */
export function headerLayout(revision: Revision): HeaderLayout {
  const profile = revisionProfile(revision);
  const places = new Map<string, HeaderPlace>();
  let offset = 0;
  for (const { name, size } of profile.header) {
    places.set(name, { offset, size });
    offset += size;
  }
  return { revision, size: profile.headerSize, places };
}

/**
 * The layout that a kernel's BTF gives: the revision's members, wherever they stand and however wide they are.
 * The revision has to be known, for BTF does not hold the numbers of the commands.
 *
 * Errors: `abi-mismatch` with the differences of the `struct cmd_hdr` (there may be several) that has
 * fewest: a member too many, too few, twice, as a bit-field, of a width other than 1, 2 or 4, outside the struct,
 * or overlapping another.
 */
export function headerLayoutFromBtf(btf: Btf, revision: Revision): Result<HeaderLayout, AbiMismatch> {
  const candidates = btf.findAll(STRUCT, ["struct"]).map((id) => readStruct(btf, id, revision));
  candidates.sort((a, b) => a.differences.length - b.differences.length);
  const [best] = candidates;
  const differences = best?.differences ?? [`struct ${STRUCT} is missing`];
  if (best === undefined || differences.length > 0) {
    return err({ reason: "abi-mismatch", revision, differences });
  }
  return ok(best.layout);
}

function readStruct(
  btf: Btf,
  id: number,
  revision: Revision,
): { readonly layout: HeaderLayout; readonly differences: readonly string[] } {
  const wanted = revisionProfile(revision).header.map((field) => field.name);
  const type = btf.type(id);
  const size = type.kind === "struct" ? type.size : 0;
  const places = new Map<string, HeaderPlace>();
  const differences: string[] = [];
  let seen = 0;
  for (const member of membersOf(btf, id)) {
    if (++seen > MEMBERS_LOOKED_AT) {
      differences.push(`struct ${STRUCT} has more than ${MEMBERS_LOOKED_AT} members`);
      break;
    }
    const problem = problemOf(member, size, wanted, places);
    if (problem !== undefined) differences.push(`struct ${STRUCT} member ${member.name} ${problem}`);
    else places.set(member.name, { offset: member.offset, size: member.size ?? 0 });
  }
  for (const name of wanted) {
    if (!places.has(name) && !differences.some((line) => line.includes(` member ${name} `))) {
      differences.push(`struct ${STRUCT} member ${name} is missing`);
    }
  }
  return { layout: { revision, size, places }, differences };
}

function problemOf(
  member: PlacedMember,
  structSize: number,
  wanted: readonly string[],
  placed: ReadonlyMap<string, HeaderPlace>,
): string | undefined {
  if (!wanted.includes(member.name)) return "is none of the revision's";
  if (placed.has(member.name)) return "is there twice";
  if (member.bitSize !== 0 || member.bitOffset % 8 !== 0) return "is a bit-field";
  const { offset, size } = member;
  if (size !== 1 && size !== 2 && size !== 4) return `has ${size ?? "no"} bytes, not 1, 2 or 4`;
  if (offset > structSize - size) return `at offset ${offset} reaches outside ${structSize} bytes`;
  for (const [name, other] of placed) {
    if (offset < other.offset + other.size && other.offset < offset + size) return `overlaps ${name}`;
  }
  return undefined;
}
