import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile, PeSection } from "#formats/pe/types.ts";
import { decodeUki, type Uki } from "./uki.ts";

/** A PE file that adds to a UKI: more words for the command line, device trees, microcode; never a kernel. */
export type UkiAddon = {
  readonly pe: PeFile;
  /** Undefined where the section is absent or empty. */
  readonly cmdline: Uint8Array | undefined;
  readonly initrd: Uint8Array | undefined;
  /** Each section under its name; the first of a repeated one. */
  readonly sections: ReadonlyMap<string, PeSection>;
};

/** Sections of which an addon has at least one, else it adds nothing (systemd-stub(7), "Addons"). */
const CONTENTS = [".cmdline", ".initrd", ".ucode", ".dtb", ".dtbauto", ".hwids", ".efifw"];

/**
 * Decodes an addon. Fails (`malformed`) on a PE file that `decodePe` refuses, on one with a `.linux` section, empty or not, and on
 * one that holds nothing to add.
 *
 * @param options.base offset of the addon in the outermost file, for failures
 *
 * Source: UAPI.5 Unified Kernel Image, "PE Addons"; systemd-stub(7).
 */
export function decodeAddon(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<UkiAddon, Malformed> {
  const pe = decodePe(bytes, options);
  return pe.ok ? addonOf(pe.value, options.base ?? 0) : pe;
}

/** A file with a `.linux` section as a UKI, any other as an addon. Fails as `decodeUki` or `decodeAddon` does. */
export function decodeUkiOrAddon(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<
  { readonly kind: "uki"; readonly uki: Uki } | { readonly kind: "addon"; readonly addon: UkiAddon },
  Malformed
> {
  const pe = decodePe(bytes, options);
  if (!pe.ok) return pe;
  if (pe.value.sections.some(({ name }) => name === ".linux")) {
    const uki = decodeUki(bytes, options);
    return uki.ok ? ok({ kind: "uki", uki: uki.value }) : uki;
  }
  const addon = addonOf(pe.value, options.base ?? 0);
  return addon.ok ? ok({ kind: "addon", addon: addon.value }) : addon;
}

function addonOf(pe: PeFile, base: number): Result<UkiAddon, Malformed> {
  // A later entry of a Map replaces an earlier one, hence the reversal.
  const sections = new Map(pe.sections.toReversed().map((section) => [section.name, section]));
  const linux = sections.get(".linux");
  if (linux !== undefined) return err(broken(pe, base, `section ${linux.index} is .linux`));
  if (!CONTENTS.some((name) => sections.has(name))) return err(broken(pe, base, "nothing to add"));
  const content = (name: string) => {
    const data = sections.get(name)?.data;
    return data === undefined || data.length === 0 ? undefined : data;
  };
  return ok({ pe, cmdline: content(".cmdline"), initrd: content(".initrd"), sections });
}

function broken(pe: PeFile, base: number, detail: string): Malformed {
  const offset = base + pe.sectionTableOffset;
  return { reason: "malformed", format: "UKI addon", section: "section table", offset, detail };
}
