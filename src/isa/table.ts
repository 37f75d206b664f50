import type {
  AluOperation,
  AtomicOperation,
  Bytes,
  Imm64Meaning,
  JumpTest,
  Semantics,
  Width,
} from "./semantics.ts";

/**
 * What a field of an instruction may hold: exactly this number (0 where the field is reserved), a
 * register from 0 to 10, or anything.
 */
export type FieldPattern = number | "register" | "any";

export type FieldName = "dst" | "src" | "offset" | "imm";

/** One encoding: an opcode together with the field values that tell it from the opcode's other forms. */
export type InstructionForm = {
  /** 0 to 255: class in bits 0 to 2. */
  readonly opcode: number;
  /** The assembler's name, unique in the table together with the kind of source: `add32`, `ldxw`, `jeq`. */
  readonly mnemonic: string;
  readonly does: Semantics;
  readonly fields: { readonly [Name in FieldName]: FieldPattern };
  /** The high half's rule of a two-slot LD_IMM64. */
  readonly next?: { readonly imm: FieldPattern };
  readonly slots: 1 | 2;
  /** Whose definition it is: RFC 9669, a later Linux, or compilers only. */
  readonly origin: "rfc" | "linux" | "compiler";
};

/** The instruction class, the low three bits of an opcode. */
const LD = 0;
const LDX = 1;
const ST = 2;
const STX = 3;
const ALU = 4;
const JMP = 5;
const JMP32 = 6;
const ALU64 = 7;

/** Bit 3 of arithmetic and jumps: the second operand is the register `src`. */
const X = 8;

const SIZES: readonly { readonly code: number; readonly bytes: Bytes; readonly letters: string }[] = [
  { code: 0x10, bytes: 1, letters: "b" },
  { code: 0x08, bytes: 2, letters: "h" },
  { code: 0x00, bytes: 4, letters: "w" },
  { code: 0x18, bytes: 8, letters: "dw" },
];

/** Modes of loads and stores. */
const IMM = 0x00;
const ABS = 0x20;
const IND = 0x40;
const MEM = 0x60;
const MEMSX = 0x80;
const ATOMIC = 0xc0;

const ALU_OPERATIONS: readonly { readonly code: number; readonly op: AluOperation; readonly offset?: 1 }[] = [
  { code: 0x00, op: "add" },
  { code: 0x10, op: "sub" },
  { code: 0x20, op: "mul" },
  { code: 0x30, op: "div" },
  { code: 0x30, op: "sdiv", offset: 1 },
  { code: 0x40, op: "or" },
  { code: 0x50, op: "and" },
  { code: 0x60, op: "lsh" },
  { code: 0x70, op: "rsh" },
  { code: 0x90, op: "mod" },
  { code: 0x90, op: "smod", offset: 1 },
  { code: 0xa0, op: "xor" },
  { code: 0xb0, op: "mov" },
  { code: 0xc0, op: "arsh" },
];
const NEG = 0x80;
const MOV = 0xb0;
const END = 0xd0;

const JUMP_TESTS: readonly { readonly code: number; readonly test: JumpTest }[] = [
  { code: 0x10, test: "eq" },
  { code: 0x20, test: "gt" },
  { code: 0x30, test: "ge" },
  { code: 0x40, test: "set" },
  { code: 0x50, test: "ne" },
  { code: 0x60, test: "sgt" },
  { code: 0x70, test: "sge" },
  { code: 0xa0, test: "lt" },
  { code: 0xb0, test: "le" },
  { code: 0xc0, test: "slt" },
  { code: 0xd0, test: "sle" },
];
const JA = 0x00;
const CALL = 0x80;
const EXIT = 0x90;
const JCOND = 0xe0;

const ATOMIC_OPERATIONS: readonly { readonly imm: number; readonly op: AtomicOperation }[] = [
  { imm: 0x00, op: "add" },
  { imm: 0x40, op: "or" },
  { imm: 0x50, op: "and" },
  { imm: 0xa0, op: "xor" },
];
const FETCH = 0x01;
const XCHG = 0xe0 | FETCH;
const CMPXCHG = 0xf0 | FETCH;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

/** By the source field; `high` is the rule for the second slot's `imm`. */
const IMM64_MEANINGS: readonly { readonly meaning: Imm64Meaning; readonly high: FieldPattern }[] = [
  { meaning: "value", high: "any" },
  { meaning: "map-fd", high: 0 },
  { meaning: "map-fd-value", high: "any" },
  { meaning: "btf-id", high: "any" },
  { meaning: "func", high: 0 },
  { meaning: "map-index", high: 0 },
  { meaning: "map-index-value", high: "any" },
];

/** Fields that several forms use; the other ones are reserved. */
const DST = { dst: "register" } as const;
const DST_SRC = { dst: "register", src: "register" } as const;
const DST_SRC_OFFSET = { ...DST_SRC, offset: "any" } as const;

/**
 * The instruction set, version 1 to 4 and Linux's additions up to gotox: every encoding once. Decoder,
 * encoder, disassembler and executors derive from it; nothing else knows an opcode's number.
 */
export const FORMS: readonly InstructionForm[] = [
  ...arithmetic(ALU, 32),
  ...arithmetic(ALU64, 64),
  ...byteOrders(),
  ...memory(),
  ...atomics(),
  ...IMM64_MEANINGS.map(({ meaning, high }, src): InstructionForm => {
    const does: Semantics = { kind: "load-imm64", meaning };
    const first = form(LD | IMM | 0x18, "lddw", does, { dst: "register", src, imm: "any" });
    return { ...first, slots: 2, next: { imm: high } };
  }),
  ...conditionalJumps(JMP, 64),
  ...conditionalJumps(JMP32, 32),
  form(JMP | JA, "ja", { kind: "jump", distance: "offset" }, { offset: "any" }),
  { ...form(JMP | JA | X, "gotox", { kind: "jump-register" }, { dst: "register" }), origin: "linux" },
  form(JMP32 | JA, "gotol", { kind: "jump", distance: "imm" }, { imm: "any" }),
  { ...form(JMP | JCOND, "may_goto", { kind: "may-goto" }, { offset: "any" }), origin: "linux" },
  form(JMP | CALL, "call", { kind: "call", target: "helper" }, { src: 0, imm: "any" }),
  form(JMP | CALL, "call", { kind: "call", target: "local" }, { src: 1, imm: "any" }),
  form(JMP | CALL, "call", { kind: "call", target: "kfunc" }, { src: 2, imm: "any", offset: "any" }),
  { ...form(JMP | CALL | X, "callx", { kind: "call-register" }, { dst: "register" }), origin: "compiler" },
  form(JMP | EXIT, "exit", { kind: "exit" }, {}),
];

/** A one-slot form of RFC 9669; fields that are not named are reserved. */
function form(
  opcode: number,
  mnemonic: string,
  does: Semantics,
  fields: Partial<Record<FieldName, FieldPattern>>,
): InstructionForm {
  return {
    opcode,
    mnemonic,
    does,
    fields: { dst: 0, src: 0, offset: 0, imm: 0, ...fields },
    slots: 1,
    origin: "rfc",
  };
}

function arithmetic(group: number, width: Width): InstructionForm[] {
  const suffix = width === 32 ? "32" : "";
  const forms = ALU_OPERATIONS.flatMap(({ code, op, offset = 0 }) => [
    form(
      group | code,
      op + suffix,
      { kind: "alu", op, width, source: "imm" },
      { ...DST, offset, imm: "any" },
    ),
    form(group | code | X, op + suffix, { kind: "alu", op, width, source: "reg" }, { ...DST_SRC, offset }),
  ]);
  forms.push(form(group | NEG, `neg${suffix}`, { kind: "alu", op: "neg", width, source: "imm" }, DST));
  const lengths = width === 32 ? ([8, 16] as const) : ([8, 16, 32] as const);
  for (const bits of lengths) {
    const does: Semantics = { kind: "move-signed", width, bits };
    forms.push(form(group | MOV | X, `movs${bits}${suffix}`, does, { ...DST_SRC, offset: bits }));
  }
  if (width === 64) {
    const does: Semantics = { kind: "address-space-cast" };
    const cast = form(group | MOV | X, "addr_space_cast", does, { ...DST_SRC, offset: 1, imm: "any" });
    forms.push({ ...cast, origin: "linux" });
  }
  return forms;
}

function byteOrders(): InstructionForm[] {
  return ([16, 32, 64] as const).flatMap((bits) => [
    form(ALU | END, `le${bits}`, { kind: "byte-order", to: "le", bits }, { ...DST, imm: bits }),
    form(ALU | END | X, `be${bits}`, { kind: "byte-order", to: "be", bits }, { ...DST, imm: bits }),
    form(ALU64 | END, `bswap${bits}`, { kind: "byte-order", to: "swap", bits }, { ...DST, imm: bits }),
  ]);
}

function memory(): InstructionForm[] {
  return SIZES.flatMap(({ code, bytes, letters }) => {
    const immediate = { ...DST, offset: "any", imm: "any" } as const;
    const forms = [
      form(LDX | MEM | code, `ldx${letters}`, { kind: "load", bytes, signed: false }, DST_SRC_OFFSET),
      form(ST | MEM | code, `st${letters}`, { kind: "store", bytes, source: "imm" }, immediate),
      form(STX | MEM | code, `stx${letters}`, { kind: "store", bytes, source: "reg" }, DST_SRC_OFFSET),
    ];
    if (bytes === 8) return forms;
    const direct: Semantics = { kind: "packet-load", bytes, indirect: false };
    const indirect: Semantics = { kind: "packet-load", bytes, indirect: true };
    return [
      ...forms,
      form(LDX | MEMSX | code, `ldxs${letters}`, { kind: "load", bytes, signed: true }, DST_SRC_OFFSET),
      form(LD | ABS | code, `ldabs${letters}`, direct, { imm: "any" }),
      form(LD | IND | code, `ldind${letters}`, indirect, { src: "register", imm: "any" }),
    ];
  });
}

function atomics(): InstructionForm[] {
  return SIZES.flatMap(({ code, bytes, letters }) => {
    const atomic = (mnemonic: string, does: Semantics, imm: number): InstructionForm =>
      form(STX | ATOMIC | code, mnemonic + letters, does, { ...DST_SRC_OFFSET, imm });
    const forms: InstructionForm[] = [
      { ...atomic("load_acquire_", { kind: "load-acquire", bytes }, LOAD_ACQUIRE), origin: "linux" },
      { ...atomic("store_release_", { kind: "store-release", bytes }, STORE_RELEASE), origin: "linux" },
    ];
    if (bytes !== 4 && bytes !== 8) return forms;
    for (const { imm, op } of ATOMIC_OPERATIONS) {
      forms.push(atomic(`atomic_${op}_`, { kind: "atomic", op, bytes, fetch: false }, imm));
      forms.push(atomic(`atomic_fetch_${op}_`, { kind: "atomic", op, bytes, fetch: true }, imm | FETCH));
    }
    forms.push(atomic("atomic_xchg_", { kind: "exchange", bytes }, XCHG));
    forms.push(atomic("atomic_cmpxchg_", { kind: "compare-exchange", bytes }, CMPXCHG));
    return forms;
  });
}

function conditionalJumps(group: number, width: Width): InstructionForm[] {
  const suffix = width === 32 ? "32" : "";
  const immediate = { ...DST, offset: "any", imm: "any" } as const;
  return JUMP_TESTS.flatMap(({ code, test }) => [
    form(group | code, `j${test}${suffix}`, { kind: "jump-if", test, width, source: "imm" }, immediate),
    form(
      group | code | X,
      `j${test}${suffix}`,
      { kind: "jump-if", test, width, source: "reg" },
      DST_SRC_OFFSET,
    ),
  ]);
}
