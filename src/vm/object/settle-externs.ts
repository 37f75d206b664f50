import { ByteReader } from "#bytes/reader.ts";
import { readHeader } from "#formats/btf/header.ts";
import { infoKind, infoVlen, KIND_RULES, Kind, RECORD_SIZE } from "#formats/btf/kinds.ts";

const ENTRY_SIZE = 12;

/**
 * BTF as the kernel takes it, out of BTF as clang writes it: the section `.ksyms` lists the kfuncs that the
 * object uses as functions, where the kernel knows only variables. As in libbpf
 * (`bpf_object__collect_externs`), a variable of the object stands in for them; nothing looks at it.
 *
 * Inside `decoding()` only. Gives the bytes themselves where there is nothing to change.
 */
export function settleExterns(bytes: Uint8Array): Uint8Array {
  const file = new ByteReader(bytes, { format: "BTF", section: "header" });
  const { types } = readHeader(file);
  const section = file.part("type section", types.offset, types.length);
  const kinds = [0];
  const entries: number[] = [];
  for (let at = 0; at < section.length; ) {
    const info = section.u32(at + 4);
    const rule = KIND_RULES[infoKind(info)];
    if (rule === undefined) return bytes;
    const count = infoVlen(info);
    if (infoKind(info) === Kind.DATASEC) {
      for (let i = 0; i < count; i++) entries.push(at + RECORD_SIZE + ENTRY_SIZE * i);
    }
    kinds.push(infoKind(info));
    at += RECORD_SIZE + rule.fixed + rule.element * count;
  }
  const functions = entries.filter((at) => kinds[section.u32(at)] === Kind.FUNC);
  const variable = kinds.indexOf(Kind.VAR);
  if (functions.length === 0 || variable < 0) return bytes;
  const settled = Uint8Array.from(bytes);
  const view = new DataView(settled.buffer);
  for (const at of functions) view.setUint32(types.offset + at, variable, true);
  return settled;
}
