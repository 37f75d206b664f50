import { infoFlag, infoVlen, kindName, RECORD_SIZE } from "./kinds.ts";
import type { ArrayType, BtfType, Composite, Enum, Enum64, FuncProto, Int, Linkage } from "./types.ts";

/** A record that the scan has found good, and how to read it. */
export type TypeRecord = {
  readonly id: number;
  readonly kind: number;
  /** The word at a byte offset from the record's start. */
  readonly u32: (at: number) => number;
  /** The string at an offset in the string section. */
  readonly text: (offset: number) => string;
};

const LINKAGES: readonly Linkage[] = ["static", "global", "extern"];
const linkage = (code: number): Linkage => LINKAGES[code] ?? "static";

/** The object for one record. Source of all layouts: the kernel's `include/uapi/linux/btf.h`. */
export function buildType(record: TypeRecord): BtfType {
  const { id, u32 } = record;
  const info = u32(4);
  const flag = infoFlag(info);
  const kind = kindName(record.kind);
  const name = record.text(u32(0));
  switch (kind) {
    case "void":
      return { kind, id, name };
    case "int":
      return intType(record, name);
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return { kind, id, name, type: u32(8) };
    case "type_tag":
      return { kind, id, name, type: u32(8), attribute: flag };
    case "array":
      return arrayType(record, name);
    case "struct":
    case "union":
      return composite(record, kind, name);
    case "enum":
      return enumType(record, name);
    case "enum64":
      return enum64Type(record, name);
    case "fwd":
      return { kind, id, name, of: flag ? "union" : "struct" };
    case "func":
      return { kind, id, name, type: u32(8), linkage: linkage(infoVlen(info)) };
    case "func_proto":
      return funcProto(record, name);
    case "var":
      return { kind, id, name, type: u32(8), linkage: linkage(u32(RECORD_SIZE)) };
    case "datasec": {
      const variables = elements(record, 12, (at) => ({
        type: u32(at),
        offset: u32(at + 4),
        size: u32(at + 8),
      }));
      return { kind, id, name, size: u32(8), variables };
    }
    case "float":
      return { kind, id, name, size: u32(8) };
    case "decl_tag":
      return { kind, id, name, type: u32(8), component: u32(RECORD_SIZE) | 0, attribute: flag };
    case "unknown":
      return { kind, id, name: "", code: record.kind };
  }
}

function elements<T>(record: TypeRecord, size: number, read: (at: number) => T): T[] {
  const count = infoVlen(record.u32(4));
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(read(RECORD_SIZE + size * i));
  return list;
}

function intType({ id, u32 }: TypeRecord, name: string): Int {
  const data = u32(RECORD_SIZE);
  const encodings = { 1: "signed", 2: "char", 4: "bool" } as const;
  const encoding = encodings[(data >>> 24) as 1 | 2 | 4] ?? "unsigned";
  return {
    kind: "int",
    id,
    name,
    size: u32(8),
    encoding,
    bitOffset: (data >>> 16) & 0xff,
    bits: data & 0xff,
  };
}

function arrayType({ id, u32 }: TypeRecord, name: string): ArrayType {
  return {
    kind: "array",
    id,
    name,
    type: u32(RECORD_SIZE),
    indexType: u32(RECORD_SIZE + 4),
    length: u32(RECORD_SIZE + 8),
  };
}

/** With kind_flag a member's third word is `width << 24 | offset` in bits, else the offset alone. */
function composite(record: TypeRecord, kind: "struct" | "union", name: string): Composite {
  const { id, u32, text } = record;
  const flag = infoFlag(u32(4));
  const members = elements(record, 12, (at) => {
    const place = u32(at + 8);
    return {
      name: text(u32(at)),
      type: u32(at + 4),
      bitOffset: flag ? place & 0xffffff : place,
      bitSize: flag ? place >>> 24 : 0,
    };
  });
  return { kind, id, name, size: u32(8), members };
}

/** kind_flag says that the values are signed. */
function enumType(record: TypeRecord, name: string): Enum {
  const { id, u32, text } = record;
  const signed = infoFlag(u32(4));
  const values = elements(record, 8, (at) => ({
    name: text(u32(at)),
    value: signed ? u32(at + 4) | 0 : u32(at + 4),
  }));
  return { kind: "enum", id, name, size: u32(8), signed, values };
}

function enum64Type(record: TypeRecord, name: string): Enum64 {
  const { id, u32, text } = record;
  const signed = infoFlag(u32(4));
  const values = elements(record, 12, (at) => {
    const value = (BigInt(u32(at + 8)) << 32n) | BigInt(u32(at + 4));
    return { name: text(u32(at)), value: signed ? BigInt.asIntN(64, value) : value };
  });
  return { kind: "enum64", id, name, size: u32(8), signed, values };
}

/** A last parameter with neither name nor type stands for `...`. */
function funcProto(record: TypeRecord, name: string): FuncProto {
  const { id, u32, text } = record;
  const count = infoVlen(u32(4));
  const last = RECORD_SIZE + 8 * (count - 1);
  const variadic = count > 0 && u32(last) === 0 && u32(last + 4) === 0;
  const all = elements(record, 8, (at) => ({ name: text(u32(at)), type: u32(at + 4) }));
  const parameters = variadic ? all.slice(0, -1) : all;
  return { kind: "func_proto", id, name, returns: u32(8), parameters, variadic };
}
