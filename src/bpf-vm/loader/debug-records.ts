import { Errno } from "#bpf-vm/errno.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { CORE_KINDS, type CoreRelocation } from "#formats/btf/ext-types.ts";
import type { ListedFunction, SourceLine } from "#isa/listing.ts";
import { Refusal } from "./failure.ts";

/** Four-byte words of one record. */
export type WordRecord = readonly number[];

const SLOT = 8;
/** The column takes the low bits of a line record's last word. */
const COLUMN_BITS = 10;

/**
 * Splits a table of `count` records of `size` bytes; a longer record than this version knows is taken,
 * a shorter one is not. @throws Refusal (-EINVAL)
 */
export function recordsOf(
  bytes: Uint8Array,
  table: { readonly what: string; readonly count: number; readonly size: number; readonly least: number },
): readonly WordRecord[] {
  if (table.count === 0) return [];
  if (table.size < table.least || table.size % 4 !== 0) {
    throw new Refusal(Errno.EINVAL, `${table.what}: records of ${table.size} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: table.count }, (_, i) =>
    Array.from({ length: table.least / 4 }, (_, word) => view.getUint32(i * table.size + 4 * word, true)),
  );
}

/** `struct bpf_func_info`: place in slots, type id of the function. */
export function functionsOf(btf: Btf, records: readonly WordRecord[]): ListedFunction[] {
  return records.map(([slot = 0, type = 0]) => ({
    offset: SLOT * slot,
    name: type < btf.typeCount ? btf.name(type) : "",
  }));
}

/** `struct bpf_line_info`: place in slots, string offsets of file and text, line << 10 | column. */
export function linesOf(btf: Btf, records: readonly WordRecord[]): SourceLine[] {
  const text = (offset: number) => (offset < btf.stringEnd ? btf.string(offset) : "");
  return records.map(([slot = 0, file = 0, line = 0, place = 0]) => ({
    offset: SLOT * slot,
    file: text(file),
    text: text(line),
    line: place >>> COLUMN_BITS,
  }));
}

/** `struct bpf_core_relo`: place in bytes, type id, string offset of the access, kind. @throws Refusal (-EINVAL) */
export function relocationsOf(btf: Btf, records: readonly WordRecord[]): CoreRelocation[] {
  return records.map(([offset = 0, type = 0, access = 0, code = 0]) => {
    const kind = CORE_KINDS[code];
    if (kind === undefined || type >= btf.typeCount || access >= btf.stringEnd) {
      throw new Refusal(Errno.EINVAL, `CO-RE: a relocation of kind ${code} by type ${type}`);
    }
    return { offset, type, access: btf.string(access), kind };
  });
}
