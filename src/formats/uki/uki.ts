import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile, PeSection } from "#formats/pe/types.ts";

/** A unified kernel image: what profile @0 boots, and the other profiles. */
export type Uki = UkiContent & {
  readonly pe: PeFile;
  /** @0, @1, …; a file without `.profile` sections has the one profile @0. */
  readonly profiles: readonly [UkiProfile, ...UkiProfile[]];
};

export type UkiProfile = UkiContent & {
  /** The number behind the `@`. */
  readonly index: number;
  /** ID= and TITLE= of the `.profile` section. */
  readonly id: string | undefined;
  readonly title: string | undefined;
  /** Each section that this profile sees, its own before the base's, under its name; first match wins. */
  readonly sections: ReadonlyMap<string, PeSection>;
};

type UkiContent = {
  /** Not empty. */
  readonly linux: Uint8Array;
  /** Undefined where the section is absent or empty. */
  readonly initrd: Uint8Array | undefined;
  readonly cmdline: Uint8Array | undefined;
};

/**
 * Decodes a UKI. The sections before the first `.profile` are the base; each `.profile` begins a profile
 * that overrides the base section by section. Where a name repeats inside one of them, the first counts.
 *
 * Fails (`malformed`) on a PE file that `decodePe` refuses, and on a profile whose `.linux` is missing (as in an
 * addon) or empty.
 *
 * @param options.base offset of the UKI in the outermost file, for failures
 *
 * Source: UAPI.5 Unified Kernel Image; systemd-stub(7).
 */
export function decodeUki(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<Uki, Malformed> {
  const pe = decodePe(bytes, options);
  if (!pe.ok) return pe;
  const [baseGroup, ...ownGroups] = splitAtProfiles(pe.value.sections);
  const base = firstMatches(baseGroup ?? []);
  const maps = ownGroups.length === 0 ? [base] : ownGroups.map((own) => overridden(base, firstMatches(own)));

  const profiles: UkiProfile[] = [];
  for (const [index, sections] of maps.entries()) {
    const linux = sections.get(".linux")?.data;
    if (linux === undefined || linux.length === 0) {
      return err(noKernel(pe.value, options.base ?? 0, index, linux !== undefined));
    }
    const text = sections.get(".profile")?.data;
    profiles.push({
      index,
      id: text && assignment(text, "ID"),
      title: text && assignment(text, "TITLE"),
      sections,
      linux,
      initrd: unlessEmpty(sections.get(".initrd")),
      cmdline: unlessEmpty(sections.get(".cmdline")),
    });
  }
  const [first, ...others] = profiles;
  if (first === undefined) throw new Error("a UKI has at least profile @0");
  const { linux, initrd, cmdline } = first;
  return ok({ pe: pe.value, profiles: [first, ...others], linux, initrd, cmdline });
}

/** The base, then each profile with its `.profile` section in front. */
function splitAtProfiles(sections: readonly PeSection[]): readonly (readonly PeSection[])[] {
  const groups: PeSection[][] = [[]];
  for (const section of sections) {
    if (section.name === ".profile") groups.push([]);
    groups.at(-1)?.push(section);
  }
  return groups;
}

function firstMatches(sections: readonly PeSection[]): ReadonlyMap<string, PeSection> {
  // A later entry of a Map replaces an earlier one, hence the reversal.
  return new Map(sections.toReversed().map((section) => [section.name, section]));
}

function overridden(
  base: ReadonlyMap<string, PeSection>,
  own: ReadonlyMap<string, PeSection>,
): ReadonlyMap<string, PeSection> {
  return new Map([...base, ...own]);
}

function unlessEmpty(section: PeSection | undefined): Uint8Array | undefined {
  return section === undefined || section.data.length === 0 ? undefined : section.data;
}

/** The value of `KEY=value` in an os-release style text, one pair of quotes removed. */
function assignment(text: Uint8Array, key: string): string | undefined {
  const line = new TextDecoder()
    .decode(text)
    .split(/[\n\0]/)
    .find((candidate) => candidate.startsWith(`${key}=`));
  return line?.slice(key.length + 1).replace(/^(["'])(.*)\1$/, "$2");
}

function noKernel(pe: PeFile, base: number, profile: number, empty: boolean): Malformed {
  return {
    reason: "malformed",
    format: "UKI",
    section: "section table",
    offset: base + pe.sectionTableOffset,
    detail: `profile @${profile} has ${empty ? "an empty" : "no"} .linux`,
  };
}
