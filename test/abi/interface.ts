import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { BtfBuilder, type BuiltMember } from "../support/btf-builder.ts";
import { expectValue } from "../support/expect-value.ts";

/** A member's C type; all of them have their natural place in a struct that is not packed. */
export type CType =
  | "bool"
  | "char *"
  | "int"
  | "unsigned long"
  | "char *[16]"
  | "unsigned long[16]"
  | "u8"
  | "u16"
  | "u32";

const BYTES: Readonly<Record<CType, readonly [size: number, alignment: number]>> = {
  bool: [1, 1],
  u8: [1, 1],
  u16: [2, 2],
  u32: [4, 4],
  int: [4, 4],
  "char *": [8, 8],
  "unsigned long": [8, 8],
  "char *[16]": [128, 8],
  "unsigned long[16]": [128, 8],
};

export type Members = Readonly<Record<string, CType>>;

/** What a kernel's BTF says of the interface: everything that is left out is not there. */
export type Interface = {
  readonly context?: Members;
  /** Packed. */
  readonly header?: Members;
  /** Bytes of the header, where they are not the sum of its members'. */
  readonly headerSize?: number;
  /** Functions by name, with the number of their parameters. */
  readonly functions?: Readonly<Record<string, number>>;
};

const FUNCTIONS = {
  kexec_image_parser_anchor: 2,
  bpf_get_parser_context: 1,
  bpf_put_parser_context: 1,
  bpf_buffer_parser: 3,
};

/** The interface as the mail of v6 has it. */
export const V6 = {
  context: {
    kdump: "bool",
    kernel: "char *",
    kernel_sz: "int",
    initrd: "char *",
    initrd_sz: "int",
    cmdline: "char *",
    cmdline_sz: "int",
  },
  header: { cmd: "u16", subcmd: "u16", payload_len: "u32" },
  functions: FUNCTIONS,
} as const satisfies Interface;

/** The interface as the mail of v7 has it. */
export const V7 = {
  context: {
    kdump: "bool",
    parsed: "bool",
    parsing_buf: "char *[16]",
    parsing_buf_sz: "unsigned long[16]",
    kernel: "char *",
    kernel_sz: "unsigned long",
    initrd: "char *",
    initrd_sz: "unsigned long",
    cmdline: "char *",
    cmdline_sz: "unsigned long",
  },
  header: { cmd: "u16", subcmd: "u8", pipeline_flag: "u8", payload_len: "u32", num_chunks: "u16" },
  functions: FUNCTIONS,
} as const satisfies Interface;

/** A kernel's BTF with `task_struct`, the interface, and what `more` adds. */
export function kernelWith(
  { context, header, headerSize, functions }: Interface,
  more: (builder: BtfBuilder) => void = () => undefined,
): Btf {
  const builder = new BtfBuilder();
  const types = addTypes(builder);
  builder.struct("task_struct", 0, []);
  if (context !== undefined) addStruct(builder, types, "kexec_context", context);
  if (header !== undefined) addStruct(builder, types, "cmd_hdr", header, { packed: true, size: headerSize });
  for (const [name, count] of Object.entries(functions ?? {})) {
    const parameters = Array.from({ length: count }, (_, i) => [`p${i}`, types["unsigned long"]] as const);
    builder.func(name, builder.proto(0, parameters));
  }
  more(builder);
  return expectValue(decodeBtf(builder.build()));
}

export type TypeIds = Readonly<Record<CType, number>>;

export function addTypes(builder: BtfBuilder): TypeIds {
  const char = builder.int("char", 1, 1);
  const long = builder.int("unsigned long", 8);
  const pointer = builder.ptr(char);
  const index = builder.int("__ARRAY_SIZE_TYPE__", 4);
  return {
    bool: builder.int("_Bool", 1, 4),
    u8: builder.int("unsigned char", 1),
    u16: builder.int("unsigned short", 2),
    u32: builder.int("unsigned int", 4),
    int: builder.int("int", 4, 1),
    "char *": pointer,
    "unsigned long": long,
    "char *[16]": builder.array(pointer, index, 16),
    "unsigned long[16]": builder.array(long, index, 16),
  };
}

export function addStruct(
  builder: BtfBuilder,
  types: TypeIds,
  name: string,
  members: Members,
  { packed = false, size }: { packed?: boolean; size?: number | undefined } = {},
): number {
  let at = 0;
  const placed = Object.entries(members).map(([name, type]): BuiltMember => {
    const [bytes, alignment] = BYTES[type];
    if (!packed) at = Math.ceil(at / alignment) * alignment;
    const member = { name, type: types[type], at: 8 * at };
    at += bytes;
    return member;
  });
  return builder.struct(name, size ?? (packed ? at : Math.ceil(at / 8) * 8), placed);
}
