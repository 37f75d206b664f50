import { type ElfLayout, elfLayout } from "./elf-layout.ts";
import type { FileField } from "./field.ts";
import { type PeLayout, peLayout } from "./pe-layout.ts";
import { type PlainLayout, plainLayout } from "./plain-layout.ts";
import { type ZbootLayout, zbootLayout } from "./zboot-layout.ts";

/** An image that a parser takes, with the places of its fields. */
export type GoodFile = { readonly name: string; readonly image: Uint8Array } & (
  | { readonly format: "zboot"; readonly layout: ZbootLayout }
  | { readonly format: "uki"; readonly layout: PeLayout }
  | { readonly format: "envelope"; readonly layout: ElfLayout }
  | { readonly format: "plain"; readonly layout: PlainLayout }
);

/** Finds the fields of an image; undefined where it begins like none of the formats. */
export function goodFile(name: string, bytes: Uint8Array): GoodFile | undefined {
  // Node's own Buffer is a Uint8Array whose slice() is no copy.
  const image = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const elf = elfLayout(image);
  if (elf !== undefined) return { name, image, format: "envelope", layout: elf };
  const zboot = zbootLayout(image);
  if (zboot !== undefined) return { name, image, format: "zboot", layout: zboot };
  const plain = plainLayout(image);
  if (plain !== undefined) return { name, image, format: "plain", layout: plain };
  const pe = peLayout(image);
  return pe && { name, image, format: "uki", layout: pe };
}

/** All fields of an image, those of an envelope's kernel too. */
export function allFields(file: GoodFile): readonly FileField[] {
  return file.format === "envelope"
    ? [...file.layout.fields, ...(file.layout.kernel?.fields ?? [])]
    : file.layout.fields;
}
