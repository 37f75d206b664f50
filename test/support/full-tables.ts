import { type ElfRow, elfLayout, withElfRows } from "#verify/mutations/elf-layout.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { type PeRow, peLayout, withPeRows } from "#verify/mutations/pe-layout.ts";

function good(name: string): Uint8Array {
  const file = goodFiles("v7").find((one) => one.name === name);
  if (file === undefined) throw new Error(`no good file ${name}`);
  return file.image;
}

/** A UKI with all the sections that NumberOfSections can say, those that count last. */
export function fullUki(): Uint8Array {
  const layout = peLayout(good("uki"));
  if (layout === undefined) throw new Error("not a PE file");
  const other: PeRow = { name: ".dtbauto", virtualSize: 1, rawSize: 1, rawOffset: 0 };
  const others = Array<PeRow>(65535 - layout.rows.length).fill(other);
  return withPeRows(good("uki"), layout, [...others, ...layout.rows]);
}

/** An envelope with all the sections that e_shnum can say. */
export function fullEnvelope(): Uint8Array {
  const rows = elfLayout(good("envelope"))?.rows ?? [];
  const [none, ...sections] = rows;
  if (none === undefined) throw new Error("not an ELF file");
  const other: ElfRow = { name: ".note", type: 7n, offset: 0n, size: 0n };
  const others = Array<ElfRow>(0xfeff - rows.length).fill(other);
  return withElfRows(good("envelope"), [none, ...others, ...sections]);
}
