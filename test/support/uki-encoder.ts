import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { encodePe } from "#formats/pe/encode.ts";
import { PE_MACHINE } from "#formats/pe/machines.ts";
import { MAX_PE_SECTIONS } from "#formats/pe/pe-file.ts";

export type UkiSectionInput = { readonly name: string; readonly data: Uint8Array };

/**
 * Writes a UKI, or an addon where `addon` says so, for tests: the sections in the order given, in a PE file without the boot
 * stub that would make it boot. Sections behind a `.profile` belong to that profile.
 *
 * Fails (`malformed`, with the would-be file's section) on names that are empty or longer than 8 bytes, on no section or more
 * than 65535, on a UKI without `.linux`, and on an addon with one.
 *
 * Source: UAPI.5 Unified Kernel Image.
 */
export function encodeUki(input: {
  readonly arch: keyof typeof PE_MACHINE;
  readonly sections: readonly UkiSectionInput[];
  readonly addon?: boolean;
}): Result<Uint8Array, Malformed> {
  const { sections, addon = false } = input;
  const bad = sections.findIndex(({ name }) => name.length === 0 || Buffer.byteLength(name) > 8);
  if (bad >= 0) {
    return err(
      broken(`section header ${bad}`, `name ${JSON.stringify(sections[bad]?.name)} is not 1 to 8 bytes long`),
    );
  }
  if (sections.length === 0 || sections.length > MAX_PE_SECTIONS) {
    return err(broken("section table", `${sections.length} sections, must be 1 to ${MAX_PE_SECTIONS}`));
  }
  const linux = sections.some(({ name, data }) => name === ".linux" && data.length > 0);
  if (linux === addon) return err(broken("section table", addon ? "an addon with .linux" : "no .linux"));
  return ok(encodePe({ machine: PE_MACHINE[input.arch], sections }));
}

function broken(section: string, detail: string): Malformed {
  return { reason: "malformed", format: "UKI", section, offset: 0, detail };
}
