import { Errno } from "#bpf-vm/errno.ts";
import { Refusal } from "#bpf-vm/loader/failure.ts";
import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, type MapDefinition, MapType } from "#bpf-vm/maps/definition.ts";
import { alignUp } from "#bytes/align.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { compositeOf } from "#formats/btf/members.ts";
import { resolve, sizeOf } from "#formats/btf/resolve.ts";
import type { Member } from "#formats/btf/types.ts";
import { SHF, SHT, STV } from "#formats/elf/constants.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import type { ElfSection } from "#formats/elf/types.ts";
import { checkMapMember, fixedUp } from "./fix-ups.ts";

/** An object's maps in the order in which libbpf creates them, and what the code's symbols mean. */
export type ObjectMaps = {
  readonly definitions: readonly MapDefinition[];
  /** By the offset of a variable in `.maps`, in bytes. */
  readonly declared: ReadonlyMap<number, number>;
  /** By section number: data sections are arrays of one element. */
  readonly sections: ReadonlyMap<number, number>;
  /** Of each `__kconfig` extern by its name, the map and the value's place in it, in bytes. */
  readonly configuration: Configuration;
  /** Names of `__ksym` externs of type void, which are looked for in kallsyms instead of in the BTF. */
  readonly typeless: ReadonlySet<string>;
};

type Configuration = ReadonlyMap<string, { readonly map: number; readonly offset: number }>;

const MAPS = ".maps";
const KCONFIG = ".kconfig";

/**
 * Source: libbpf's `bpf_object__init_maps`.
 *
 * @param pageSize bytes
 * @throws Refusal (-EINVAL, -EOPNOTSUPP) for a map that cannot be understood
 */
export function objectMaps(elf: ElfFile, btf: Btf, pageSize: number): ObjectMaps {
  const definitions: MapDefinition[] = [];
  const declared = new Map<number, number>();
  const sections = new Map<number, number>();
  const id = btf.find(MAPS, ["datasec"]);
  const datasec = id === undefined ? undefined : btf.type(id);
  for (const { type } of datasec?.kind === "datasec" ? datasec.variables : []) {
    const map = fixedUp(declaredMap(btf, type), pageSize);
    declared.set(offsetOf(elf, btf.name(type)), definitions.push(map) - 1);
  }
  for (const section of elf.sections) {
    if (isData(section)) sections.set(section.index, definitions.push(dataMap(section, elf, btf)) - 1);
  }
  return {
    definitions,
    declared,
    sections,
    configuration: configuration(btf, definitions),
    typeless: typeless(btf),
  };
}

function typeless(btf: Btf): ReadonlySet<string> {
  const id = btf.find(".ksyms", ["datasec"]);
  const datasec = id === undefined ? undefined : btf.type(id);
  const variables = datasec?.kind === "datasec" ? datasec.variables : [];
  const isVoid = (type: number) => btf.kind(type) === "var" && resolve(btf, btf.word(type, 8)) === 0;
  return new Set(variables.filter(({ type }) => isVoid(type)).map(({ type }) => btf.name(type)));
}

/** libbpf's map of the kernel's configuration, one value after the other, none of which is known here. */
function configuration(btf: Btf, definitions: MapDefinition[]): Configuration {
  const id = btf.find(KCONFIG, ["datasec"]);
  const datasec = id === undefined ? undefined : btf.type(id);
  const places = new Map<string, { map: number; offset: number }>();
  if (datasec?.kind !== "datasec") return places;
  let offset = 0;
  for (const { type } of datasec.variables) {
    const size = sizeOf(btf, btf.word(type, 8)) ?? 0;
    offset = alignUp(offset, Math.min(8, Math.max(1, size)));
    places.set(btf.name(type), { map: definitions.length, offset });
    offset += size;
  }
  definitions.push({
    name: KCONFIG,
    type: MapType.ARRAY,
    keySize: 4,
    valueSize: Math.max(1, offset),
    maxEntries: 1,
    flags: BPF_F_RDONLY_PROG,
    frozen: true,
    unknownValues: true,
  });
  return places;
}

/** Of a map's variable in its section, in bytes: the compiler leaves it out of the BTF. */
function offsetOf(elf: ElfFile, name: string): number {
  const section = elf.section(MAPS)?.index;
  const symbols = elf.symbolsNamed(name);
  const symbol = symbols.ok ? symbols.value.find(({ sectionIndex }) => sectionIndex === section) : undefined;
  if (symbol === undefined) throw new Refusal(Errno.EINVAL, `map ${name} has no symbol`);
  return Number(symbol.value);
}

/** `__uint(name, n)` is a pointer to an array of n, `__type(name, t)` a pointer to t. */
function declaredMap(btf: Btf, variable: number): MapDefinition {
  const name = btf.name(variable);
  const members = compositeOf(btf, btf.word(variable, 8))?.members;
  if (members === undefined) throw new Refusal(Errno.EINVAL, `map ${name} is no struct`);
  const pointee = (member: Member): number => {
    const pointer = resolve(btf, member.type);
    if (btf.kind(pointer) !== "ptr") throw new Refusal(Errno.EINVAL, `map ${name}: ${member.name}`);
    return btf.word(pointer, 8);
  };
  const values: Record<string, number> = {};
  for (const member of members) {
    checkMapMember(name, member.name);
    const type = pointee(member);
    const array = btf.type(resolve(btf, type));
    if (member.name === "key" || member.name === "value") {
      values[`${member.name}_size`] = sizeOf(btf, type) ?? 0;
    } else if (array.kind === "array") values[member.name] = array.length;
  }
  return {
    name,
    type: values["type"] ?? 0,
    keySize: values["key_size"] ?? 0,
    valueSize: values["value_size"] ?? 0,
    maxEntries: values["max_entries"] ?? 0,
    flags: values["map_flags"] ?? 0,
    frozen: false,
  };
}

function isData(section: ElfSection): boolean {
  if (section.size === 0 || (section.flags & SHF.ALLOC) === 0n) return false;
  return /^\.(rodata|data|bss)(\.|$)/.test(section.name);
}

/** Whether user space may map the section: libbpf lets it where one of the variables is neither static nor hidden. */
function isShared({ name, index }: ElfSection, elf: ElfFile, btf: Btf): boolean {
  const id = btf.find(name, ["datasec"]);
  const datasec = id === undefined ? undefined : btf.type(id);
  if (datasec?.kind !== "datasec") return false;
  return datasec.variables.some(({ type }) => {
    const variable = btf.type(type);
    return variable.kind === "var" && variable.linkage !== "static" && !isHidden(elf, btf.name(type), index);
  });
}

function isHidden(elf: ElfFile, name: string, section: number): boolean {
  const symbols = elf.symbolsNamed(name);
  const symbol = symbols.ok ? symbols.value.find(({ sectionIndex }) => sectionIndex === section) : undefined;
  return symbol?.visibility === STV.HIDDEN || symbol?.visibility === STV.INTERNAL;
}

function dataMap(section: ElfSection, elf: ElfFile, btf: Btf): MapDefinition {
  const readOnly = section.name.startsWith(".rodata");
  const content = new Uint8Array(Math.ceil(section.size / 8) * 8);
  if (section.type !== SHT.NOBITS) content.set(section.data);
  return {
    name: section.name,
    type: MapType.ARRAY,
    keySize: 4,
    valueSize: section.size,
    maxEntries: 1,
    flags: (readOnly ? BPF_F_RDONLY_PROG : 0) | (isShared(section, elf, btf) ? BPF_F_MMAPABLE : 0),
    content,
    frozen: readOnly,
  };
}
