import { NO_REFERENCE, type Reference } from "#verify/references.ts";
import { type ElfLayout, elfLayout } from "./elf-layout.ts";
import type { FileField } from "./field.ts";
import { OWN_FORMAT } from "./formats.ts";
import { type OwnLayout, ownLayout } from "./own.ts";
import { type PeLayout, peLayout } from "./pe-layout.ts";
import { type PlainLayout, plainLayout } from "./plain-layout.ts";
import { type ZbootLayout, zbootLayout } from "./zboot-layout.ts";

/** An image that a parser takes, with the places of its fields. */
export type GoodFile = { readonly name: string; readonly image: Uint8Array } & (
  | { readonly format: "zboot"; readonly layout: ZbootLayout }
  | { readonly format: "uki"; readonly layout: PeLayout }
  | { readonly format: "envelope"; readonly layout: ElfLayout }
  | { readonly format: "plain"; readonly layout: PlainLayout }
  | { readonly format: typeof OWN_FORMAT; readonly layout: OwnLayout }
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

/**
 * The same for an image that is shown to a parser with this reference. One of the user's own knows the fields of its format; without a
 * reference an image need not begin like anything.
 */
export function goodFileFor(reference: Reference, name: string, image: Uint8Array): GoodFile | undefined {
  if (typeof reference === "object") return ownFile(name, image, reference.fields);
  return goodFile(name, image) ?? (reference === NO_REFERENCE ? ownFile(name, image, []) : undefined);
}

/** An image of the user's own format with its fields. */
export function ownFile(name: string, image: Uint8Array, fields: readonly FileField[]): GoodFile {
  return { name, image: new Uint8Array(image), format: OWN_FORMAT, layout: ownLayout(image, fields) };
}

/** All fields of an image, those of an envelope's kernel too. */
export function allFields(file: GoodFile): readonly FileField[] {
  return file.format === "envelope"
    ? [...file.layout.fields, ...(file.layout.kernel?.fields ?? [])]
    : file.layout.fields;
}
