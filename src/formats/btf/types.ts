/**
 * BTF types as the rest of the program sees them. Ids are type ids of the BTF they came from, 0 is
 * `void`; a name is "" where there is none; sizes are in bytes unless a field says bits.
 * Source: the kernel's `Documentation/bpf/btf.rst`, "Type Encoding".
 */
export type BtfType =
  | Void
  | Int
  | ReferenceType
  | TypeTag
  | ArrayType
  | Composite
  | Enum
  | Enum64
  | Fwd
  | Func
  | FuncProto
  | Var
  | DataSec
  | Float
  | DeclTag
  | Unknown;

type Head<K extends string> = { readonly kind: K; readonly id: number; readonly name: string };

export type Void = Head<"void">;

export type Int = Head<"int"> & {
  readonly size: number;
  readonly encoding: "unsigned" | "signed" | "char" | "bool";
  /** Where the value starts in its bytes; not 0 only in bit-fields of BTF older than kind_flag. */
  readonly bitOffset: number;
  /** 1 to 128; fewer than `8 * size` only in such bit-fields. */
  readonly bits: number;
};

export type ReferenceType = Head<"ptr" | "typedef" | "volatile" | "const" | "restrict"> & {
  readonly type: number;
};

export type TypeTag = Head<"type_tag"> & {
  readonly type: number;
  /** kind_flag: the name is a whole attribute, not the argument of `btf_type_tag`. */
  readonly attribute: boolean;
};

export type ArrayType = Head<"array"> & {
  /** The type of an element. */
  readonly type: number;
  readonly indexType: number;
  /** 0 for a flexible array. */
  readonly length: number;
};

export type Composite = Head<"struct" | "union"> & {
  readonly size: number;
  readonly members: readonly Member[];
};

export type Member = {
  readonly name: string;
  readonly type: number;
  /** From the start of the struct, in bits. */
  readonly bitOffset: number;
  /** The width of a bit-field in bits; 0 for any other member. */
  readonly bitSize: number;
};

export type Enum = Head<"enum"> & {
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
};

export type Enum64 = Head<"enum64"> & {
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
};

export type Fwd = Head<"fwd"> & { readonly of: "struct" | "union" };

export type Linkage = "static" | "global" | "extern";

/** A function; `type` is its prototype. */
export type Func = Head<"func"> & { readonly type: number; readonly linkage: Linkage };

export type FuncProto = Head<"func_proto"> & {
  readonly returns: number;
  readonly parameters: readonly { readonly name: string; readonly type: number }[];
  /** Ends in `...`, which is not among the parameters. */
  readonly variadic: boolean;
};

export type Var = Head<"var"> & { readonly type: number; readonly linkage: Linkage };

export type DataSec = Head<"datasec"> & {
  readonly size: number;
  readonly variables: readonly {
    readonly type: number;
    readonly offset: number;
    readonly size: number;
  }[];
};

export type Float = Head<"float"> & { readonly size: number };

export type DeclTag = Head<"decl_tag"> & {
  readonly type: number;
  /** The member or parameter that it marks, from 0; -1 for the whole of `type`. */
  readonly component: number;
  readonly attribute: boolean;
};

/** A kind newer than this version, passed over with the help of the layout section. */
export type Unknown = Head<"unknown"> & { readonly code: number };
