import { unreachable } from "#core/unreachable.ts";
import { helperName } from "./helpers.ts";
import type { Instruction } from "./instruction.ts";
import { formOf } from "./lookup.ts";
import type { AluOperation, AtomicOperation, JumpTest, Source, Width } from "./semantics.ts";

/** What only the program's surroundings know. Each may give undefined: the number is then printed. */
export type Names = {
  /** What stands right of `call `, where that is known without the rest. */
  readonly call?: (instruction: Instruction) => string | undefined;
  /** The kernel function with BTF id `imm` in the BTF object `offset`. */
  readonly kfunc?: (instruction: Instruction) => string | undefined;
  /** The program's own function that starts at a slot. */
  readonly local?: (slot: number) => string | undefined;
  /** What stands right of `rN = ` for a two-slot load. */
  readonly imm64?: (instruction: Instruction) => string | undefined;
  /** What a map's number is: a descriptor before the program is loaded, an id in the kernel's dump. Default `fd`. */
  readonly maps?: "fd" | "id";
};

const ALU_SIGNS: { readonly [Op in Exclude<AluOperation, "neg">]: string } = {
  add: "+=",
  sub: "-=",
  mul: "*=",
  div: "/=",
  sdiv: "s/=",
  or: "|=",
  and: "&=",
  lsh: "<<=",
  rsh: ">>=",
  arsh: "s>>=",
  mod: "%=",
  smod: "s%=",
  xor: "^=",
  mov: "=",
};

const JUMP_SIGNS: { readonly [Test in JumpTest]: string } = {
  eq: "==",
  ne: "!=",
  gt: ">",
  ge: ">=",
  lt: "<",
  le: "<=",
  set: "&",
  sgt: "s>",
  sge: "s>=",
  slt: "s<",
  sle: "s<=",
};

const ATOMIC_SIGNS: { readonly [Op in AtomicOperation]: string } = {
  add: "+=",
  or: "|=",
  and: "&=",
  xor: "^=",
};

/**
 * One instruction as the kernel writes it, in the verifier's log and in bpftool's dumps:
 * `(79) r1 = *(u64 *)(r6 +8)`. What the kernel has no words for (callx) is written as LLVM does.
 *
 * The format is that of the kernel's `kernel/bpf/disasm.c`; of two-slot loads, bpftool's.
 */
export function disassemble(instruction: Instruction, names: Names = {}): string {
  const opcode = instruction.opcode.toString(16).padStart(2, "0");
  return `(${opcode}) ${body(instruction, names)}`;
}

function body(instruction: Instruction, names: Names): string {
  const { dst, src, offset, imm } = instruction;
  const { does } = formOf(instruction);
  switch (does.kind) {
    case "alu": {
      const to = register(dst, does.width);
      if (does.op === "neg") return `${to} = -${to}`;
      return `${to} ${ALU_SIGNS[does.op]} ${operand(instruction, does.source, does.width, String(imm))}`;
    }
    case "move-signed":
      return `${register(dst, does.width)} = (s${does.bits})${register(src, does.width)}`;
    case "address-space-cast":
      return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
    case "byte-order":
      return `r${dst} = ${does.to === "swap" ? "bswap" : does.to}${does.bits} r${dst}`;
    case "load":
      return `r${dst} = *${memory(does.bytes, src, offset, does.signed)}`;
    case "store":
      return `*${memory(does.bytes, dst, offset)} = ${operand(instruction, does.source, 64, String(imm))}`;
    case "atomic": {
      const at = memory(does.bytes, dst, offset);
      if (!does.fetch) return `lock *${at} ${ATOMIC_SIGNS[does.op]} r${src}`;
      return `r${src} = ${atomicName(does.bytes)}_fetch_${does.op}(${at}, r${src})`;
    }
    case "exchange":
      return `r${src} = ${atomicName(does.bytes)}_xchg(${memory(does.bytes, dst, offset)}, r${src})`;
    case "compare-exchange":
      return `r0 = ${atomicName(does.bytes)}_cmpxchg(${memory(does.bytes, dst, offset)}, r0, r${src})`;
    case "load-acquire":
      return `r${dst} = load_acquire(${memory(does.bytes, src, offset)})`;
    case "store-release":
      return `store_release(${memory(does.bytes, dst, offset)}, r${src})`;
    case "load-imm64":
      return `r${dst} = ${names.imm64?.(instruction) ?? imm64Text(instruction, names)}`;
    case "packet-load":
      return `r0 = *(u${8 * does.bytes} *)skb[${does.indirect ? `r${src} + ` : ""}${imm}]`;
    case "jump":
      return does.distance === "imm" ? `gotol pc${signed(imm)}` : `goto pc${signed(offset)}`;
    case "jump-register":
      return `gotox r${dst}`;
    case "jump-if": {
      const value = operand(instruction, does.source, does.width, hex(imm));
      return `if ${register(dst, does.width)} ${JUMP_SIGNS[does.test]} ${value} goto pc${signed(offset)}`;
    }
    case "may-goto":
      return `may_goto pc${signed(offset)}`;
    case "call":
      return `call ${names.call?.(instruction) ?? callee(instruction, does.target, names)}`;
    case "call-register":
      return `callx r${dst}`;
    case "exit":
      return "exit";
    default:
      return unreachable(does);
  }
}

function register(number: number, width: Width): string {
  return `${width === 32 ? "w" : "r"}${number}`;
}

function operand(instruction: Instruction, source: Source, width: Width, imm: string): string {
  return source === "reg" ? register(instruction.src, width) : imm;
}

function memory(bytes: number, base: number, offset: number, isSigned = false): string {
  return `(${isSigned ? "s" : "u"}${8 * bytes} *)(r${base} ${signed(offset)})`;
}

function atomicName(bytes: number): string {
  return bytes === 8 ? "atomic64" : "atomic";
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

/** 32 bits, unsigned. */
function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

function callee(instruction: Instruction, target: "helper" | "local" | "kfunc", names: Names): string {
  const { index, imm } = instruction;
  switch (target) {
    case "helper":
      return `${helperName(imm) ?? "unknown"}#${imm}`;
    case "kfunc":
      return `${names.kfunc?.(instruction) ?? "kernel-function"}#${imm}`;
    case "local": {
      const name = names.local?.(index + 1 + imm);
      return `pc${signed(imm)}${name === undefined ? "" : `#${name}`}`;
    }
    default:
      return unreachable(target);
  }
}

function imm64Text(instruction: Instruction, names: Names): string {
  const { imm } = instruction;
  const { does } = formOf(instruction);
  const meaning = does.kind === "load-imm64" ? does.meaning : "value";
  const value = instruction.imm64 ?? 0n;
  const high = Number(BigInt.asIntN(32, value >> 32n));
  const map = names.maps ?? "fd";
  switch (meaning) {
    case "map-fd":
      return `map[${map}:${imm}]`;
    case "map-fd-value":
      return `map[${map}:${imm}][0]${signed(high)}`;
    case "map-index":
      return `map[idx:${imm}]`;
    case "map-index-value":
      return `map[idx:${imm}]${signed(high)}`;
    case "func":
      return `subprog[${signed(imm)}]`;
    case "btf-id":
    case "value":
      return `0x${value.toString(16)}`;
    default:
      return unreachable(meaning);
  }
}
