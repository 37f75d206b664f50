import { ok, type Result } from "#core/result.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import { flattenElf } from "#formats/elf/flatten.ts";

/** The bytes of a flat image, by the rule that `flattenElf()` states. */
export function flatBytes(elf: ElfFile, options: { readonly limit?: number } = {}): Result<Uint8Array> {
  const flat = flattenElf(elf, options);
  if (!flat.ok) return flat;
  const image = new Uint8Array(flat.value.size);
  for (const { offset, data } of flat.value.runs) image.set(data, offset);
  return ok(image);
}
