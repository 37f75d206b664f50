import type { PageFormat } from "#page/data.ts";
import type { FileField } from "#verify/mutations/field.ts";
import { type Field, headerFields, type Row } from "./field.ts";

/** What the role of a field says, in words. */
const MEANINGS: Readonly<Record<FileField["role"], string>> = {
  magic: "tells the format",
  offset: "where something lies",
  size: "bytes of something",
  count: "how many of something",
  index: "which of several",
  type: "a kind, or a version",
  ignored: "parsers do not look at it",
};

/** The fields that the module of the user's own format names. */
export function ownFields(bytes: Uint8Array, { fields, file }: PageFormat): readonly Field[] {
  return fields.flatMap((field) => {
    const { section, name, at, width, role } = field;
    const row: Row = [at, width, name, kindOf(field, bytes), MEANINGS[role]];
    return headerFields(bytes, 0, { group: section, source: file, rows: [row] });
  });
}

function kindOf({ role, at, width }: FileField, bytes: Uint8Array): Row[3] {
  if (role === "size" || role === "count" || role === "index") return "number";
  if (role !== "magic") return "hex";
  const raw = bytes.subarray(at, at + width);
  return raw.every((byte) => byte >= 0x20 && byte < 0x7f) ? "text" : "bytes";
}
