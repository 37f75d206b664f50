import type { AluOperation, JumpTest, Semantics, Width } from "#isa/semantics.ts";
import type { Code } from "./code.ts";
import { I32, I64, type Opcode, W } from "./opcodes.ts";

/** Puts an operand of 64 bits on the stack. */
export type Operand = () => void;

type Simple = Exclude<AluOperation, "neg" | "mov" | "div" | "sdiv" | "mod" | "smod">;

/** WebAssembly's shifts take the count modulo the width, as BPF's do. */
const SIMPLE: { readonly [Name in Simple]: { readonly [Bits in Width]: Opcode } } = {
  add: { 32: W.i32Add, 64: W.i64Add },
  sub: { 32: W.i32Sub, 64: W.i64Sub },
  mul: { 32: W.i32Mul, 64: W.i64Mul },
  or: { 32: W.i32Or, 64: W.i64Or },
  and: { 32: W.i32And, 64: W.i64And },
  xor: { 32: W.i32Xor, 64: W.i64Xor },
  lsh: { 32: W.i32Shl, 64: W.i64Shl },
  rsh: { 32: W.i32ShrU, 64: W.i64ShrU },
  arsh: { 32: W.i32ShrS, 64: W.i64ShrS },
};

const TESTS: { readonly [Name in Exclude<JumpTest, "set">]: { readonly [Bits in Width]: Opcode } } = {
  eq: { 32: W.i32Eq, 64: W.i64Eq },
  ne: { 32: W.i32Ne, 64: W.i64Ne },
  gt: { 32: W.i32GtU, 64: W.i64GtU },
  ge: { 32: W.i32GeU, 64: W.i64GeU },
  lt: { 32: W.i32LtU, 64: W.i64LtU },
  le: { 32: W.i32LeU, 64: W.i64LeU },
  sgt: { 32: W.i32GtS, 64: W.i64GtS },
  sge: { 32: W.i32GeS, 64: W.i64GeS },
  slt: { 32: W.i32LtS, 64: W.i64LtS },
  sle: { 32: W.i32LeS, 64: W.i64LeS },
};

/** dst = dst OP source. */
export function emitAlu(
  code: Code,
  { op, width }: { readonly op: AluOperation; readonly width: Width },
  dst: number,
  source: Operand,
): void {
  const wide = width === 64;
  const narrowed = (operand: Operand) => () => {
    operand();
    if (!wide) code.op(W.i32WrapI64);
  };
  const a = narrowed(() => code.get(dst));
  const b = narrowed(source);
  const zero = () => (wide ? code.i64(0) : code.i32(0));
  switch (op) {
    case "mov":
      b();
      break;
    case "neg":
      zero();
      a();
      code.op(SIMPLE.sub[width]);
      break;
    case "div":
    case "sdiv":
    case "mod":
    case "smod":
      emitDivision(code, op, wide, a, b);
      break;
    default:
      a();
      b();
      code.op(SIMPLE[op][width]);
  }
  if (!wide) code.op(W.i64ExtendI32U);
  code.set(dst);
}

/** By zero, and the lowest number by -1, WebAssembly traps and BPF goes on. */
function emitDivision(
  code: Code,
  op: "div" | "sdiv" | "mod" | "smod",
  wide: boolean,
  a: Operand,
  b: Operand,
): void {
  const type = wide ? I64 : I32;
  const constant = (value: number) => (wide ? code.i64(value) : code.i32(value));
  const apply = (opcode: Opcode) => {
    a();
    b();
    code.op(opcode);
  };
  const divide = {
    div: () => apply(wide ? W.i64DivU : W.i32DivU),
    mod: () => apply(wide ? W.i64RemU : W.i32RemU),
    smod: () => apply(wide ? W.i64RemS : W.i32RemS),
    sdiv: () => {
      b();
      constant(-1);
      code.op(wide ? W.i64Eq : W.i32Eq);
      const negate = () => {
        constant(0);
        a();
        code.op(wide ? W.i64Sub : W.i32Sub);
      };
      code.if(negate, () => apply(wide ? W.i64DivS : W.i32DivS), type);
    },
  }[op];
  b();
  code.op(wide ? W.i64Eqz : W.i32Eqz);
  code.if(op === "mod" || op === "smod" ? a : () => constant(0), divide, type);
}

/** dst = the low bits of source, sign-extended. */
export function emitMoveSigned(
  code: Code,
  { bits, width }: Extract<Semantics, { kind: "move-signed" }>,
  dst: number,
  source: Operand,
): void {
  source();
  code.op(bits === 8 ? W.i64Extend8S : bits === 16 ? W.i64Extend16S : W.i64Extend32S);
  if (width === 32) code.op(W.i32WrapI64, W.i64ExtendI32U);
  code.set(dst);
}

/** The machine is little-endian. */
export function emitByteOrder(
  code: Code,
  { to, bits }: Extract<Semantics, { kind: "byte-order" }>,
  dst: number,
): void {
  if (to === "le") {
    if (bits === 64) return;
    code
      .get(dst)
      .i64(bits === 16 ? 0xffffn : 0xffffffffn)
      .op(W.i64And)
      .set(dst);
    return;
  }
  // Bytes change places within their pairs, pairs within fours, fours within the whole.
  emitExchange(code, dst, 8n, 0x00ff00ff00ff00ffn);
  emitExchange(code, dst, 16n, 0x0000ffff0000ffffn);
  code.get(dst).i64(32).op(W.i64Rotl);
  code
    .i64(64 - bits)
    .op(W.i64ShrU)
    .set(dst);
}

/** dst = (dst & mask) << distance | dst >> distance & mask. */
function emitExchange(code: Code, dst: number, distance: bigint, mask: bigint): void {
  code.get(dst).i64(mask).op(W.i64And).i64(distance).op(W.i64Shl);
  code.get(dst).i64(distance).op(W.i64ShrU).i64(mask).op(W.i64And);
  code.op(W.i64Or).set(dst);
}

/** Leaves 1 on the stack where `a TEST b`, otherwise 0. */
export function emitTest(code: Code, test: JumpTest, width: Width, a: Operand, b: Operand): void {
  for (const operand of [a, b]) {
    operand();
    if (width === 32) code.op(W.i32WrapI64);
  }
  if (test !== "set") code.op(TESTS[test][width]);
  else if (width === 32) code.op(W.i32And).i32(0).op(W.i32Ne);
  else code.op(W.i64And).i64(0).op(W.i64Ne);
}
