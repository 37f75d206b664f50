/**
 * The kinds of BTF, in the order of their numbers (0 to 19).
 * Source: the kernel's `include/uapi/linux/btf.h`, `BTF_KIND_*`.
 */
export const KIND_NAMES = [
  "void",
  "int",
  "ptr",
  "array",
  "struct",
  "union",
  "enum",
  "fwd",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "func",
  "func_proto",
  "var",
  "datasec",
  "float",
  "decl_tag",
  "type_tag",
  "enum64",
] as const;

/** A kind by name; `unknown` is one that this version cannot read but the file's layout section sizes. */
export type BtfKind = (typeof KIND_NAMES)[number] | "unknown";

export const Kind = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

export function kindName(code: number): BtfKind {
  return KIND_NAMES[code] ?? "unknown";
}

/** The size in bytes of `struct btf_type`, with which every record begins. */
export const RECORD_SIZE = 12;

/*
 * struct btf_type, the three words of every record:
 *
 *   word 0   name_off   offset in the string section
 *   word 1   info       31: kind_flag | 30..24: kind | 23..0: vlen
 *   word 2   size or type id
 *
 * Kernels before 7.2 give the kind five bits (28..24), vlen sixteen, and keep the others zero, so
 * the wider reading takes both.
 */
export const infoKind = (info: number): number => (info >>> 24) & 0x7f;
export const infoVlen = (info: number): number => info & 0xffffff;
export const infoFlag = (info: number): boolean => info >>> 31 === 1;

export type KindRule = {
  /** Bytes behind the record, once. */
  readonly fixed: number;
  /** Bytes behind that for each of the `vlen` elements. */
  readonly element: number;
  readonly name: "none" | "needed" | "any";
  /** May kind_flag be 1? */
  readonly flag: boolean;
  /** May vlen be other than 0? */
  readonly counts: boolean;
};

const plain = { fixed: 0, element: 0, flag: false, counts: false } as const;
const qualifier: KindRule = { ...plain, name: "none" };
const record: KindRule = { fixed: 0, element: 12, name: "any", flag: true, counts: true };

/**
 * What a record of each kind must keep to; the index is the kind's number, 0 is no kind.
 * Source: the `*_check_meta` functions of the kernel's `kernel/bpf/btf.c`.
 */
export const KIND_RULES: readonly (KindRule | undefined)[] = [
  undefined,
  { ...plain, fixed: 4, name: "any" }, // int
  qualifier, // ptr
  { ...plain, fixed: 12, name: "none" }, // array
  record, // struct
  record, // union
  { ...record, element: 8 }, // enum
  { ...plain, name: "needed", flag: true }, // fwd
  { ...plain, name: "needed" }, // typedef
  qualifier, // volatile
  qualifier, // const
  qualifier, // restrict
  { ...plain, name: "needed", counts: true }, // func: its vlen is the linkage
  { ...plain, element: 8, name: "none", counts: true }, // func_proto
  { ...plain, fixed: 4, name: "needed" }, // var
  { ...plain, element: 12, name: "needed", counts: true }, // datasec
  { ...plain, name: "any" }, // float
  { ...plain, fixed: 4, name: "needed", flag: true }, // decl_tag
  { ...plain, name: "needed", flag: true }, // type_tag
  record, // enum64
];
