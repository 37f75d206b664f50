import { latin1 } from "#bytes/reader.ts";
import { oneLine, visible } from "#report/visible.ts";
import {
  ARM64_IMAGE,
  BZIMAGE,
  COFF,
  DOS,
  ELF,
  ELF_SECTION,
  type HeaderForm,
  type Member,
  OPTIONAL,
  PE_SECTION,
  RISCV_IMAGE,
  ZBOOT,
} from "./layouts.ts";

/** A value in a file's headers, with the bytes that hold it. */
export type Field = {
  readonly group: string;
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** In words, without control characters. */
  readonly value: string;
  readonly meaning: string;
  readonly source: string;
};

/** Section headers that are taken apart; a hostile file may claim very many. */
const MOST_SECTIONS = 4096;

/** The fields of all headers that a file has, in the order of their offsets; of one byte, the innermost comes last. */
export function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields = [...elfFields(bytes), ...mzFields(bytes), ...imageFields(bytes)];
  return fields.sort((a, b) => a.offset - b.offset || b.size - a.size);
}

/** The field that holds a byte; undefined for bytes of no header. */
export function fieldAt(fields: readonly Field[], offset: number): Field | undefined {
  return fields.findLast((field) => field.offset <= offset && offset < field.offset + field.size);
}

/** Text of a file that may be shown in one line. */
export function shown(text: string): string {
  return oneLine(visible(text));
}

function elfFields(bytes: Uint8Array): readonly Field[] {
  if (textAt(bytes, 0, 4) !== "\x7fELF") return [];
  const [start, count] = [numberAt(bytes, 40, 8), numberAt(bytes, 60, 2)];
  return [...apart(bytes, ELF, 0), ...tableFields(bytes, ELF_SECTION, start, 64, count)];
}

function mzFields(bytes: Uint8Array): readonly Field[] {
  if (textAt(bytes, 0, 2) !== "MZ") return [];
  const zboot = textAt(bytes, 4, 4) === "zimg";
  const own = apart(bytes, zboot ? ZBOOT : DOS, 0);
  const pe = numberAt(bytes, 0x3c, 4);
  if (textAt(bytes, pe, 4) !== "PE\0\0") return own;
  const table = pe + 24 + numberAt(bytes, pe + 20, 2);
  return [
    ...own,
    ...apart(bytes, COFF, pe),
    ...apart(bytes, OPTIONAL, pe + 24),
    ...tableFields(bytes, PE_SECTION, table, 40, numberAt(bytes, pe + 6, 2)),
  ];
}

function imageFields(bytes: Uint8Array): readonly Field[] {
  if (textAt(bytes, 0x202, 4) === "HdrS") return apart(bytes, BZIMAGE, 0);
  if (textAt(bytes, 4, 4) === "zimg") return [];
  if (textAt(bytes, 0x38, 4) === "ARMd") return apart(bytes, ARM64_IMAGE, 0);
  return textAt(bytes, 0x38, 4) === "RSC\x05" ? apart(bytes, RISCV_IMAGE, 0) : [];
}

function tableFields(
  bytes: Uint8Array,
  form: HeaderForm,
  start: number,
  size: number,
  count: number,
): readonly Field[] {
  const fields: Field[] = [];
  for (let index = 0; index < Math.min(count, MOST_SECTIONS); index++) {
    const at = start + size * index;
    if (at + size > bytes.length) break;
    fields.push(...apart(bytes, { ...form, name: `${form.name} ${index}` }, at));
  }
  return fields;
}

function apart(bytes: Uint8Array, { name: group, source, members }: HeaderForm, base: number): Field[] {
  return members
    .filter(([, offset, size]) => base + offset + size <= bytes.length)
    .map((member) => {
      const [name, offset, size, meaning] = member;
      return {
        group,
        name,
        offset: base + offset,
        size,
        value: valueText(bytes, base, member),
        meaning,
        source,
      };
    });
}

function valueText(bytes: Uint8Array, base: number, [, offset, size, , form]: Member): string {
  const at = base + offset;
  if (form === "text") return shown(textAt(bytes, at, size).replace(/\0[\s\S]*$/, ""));
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value < 10n ? String(value) : `0x${value.toString(16)} (${value})`;
}

/** 0 outside of the file. */
function numberAt(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function textAt(bytes: Uint8Array, at: number, size: number): string {
  return latin1(bytes.subarray(at, at + size));
}
