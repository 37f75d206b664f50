import { FORMS, type InstructionForm } from "#isa/table.ts";
import { type Line, op } from "./assemble.ts";
import { aluResult, atomicResult, byteOrderResult, jumps, moveResult } from "./instruction-model.ts";

/** What a case is given: R8 is a, R9 is b, R0 is c, R6 points to the 64 bits of a, and the immediate where one is used. */
export type Given = { readonly a: bigint; readonly b: bigint; readonly c: bigint; readonly imm: number };

/** R8, R9 and R0 behind a case. */
export type After = readonly [r8: bigint, r9: bigint, r0: bigint];

/** One form of the table, with the lines around it that show what it does. */
export type InstructionCase = {
  readonly title: string;
  readonly usesImm: boolean;
  readonly lines: (imm: number) => readonly Line[];
  readonly expected: (given: Given) => After;
};

/** Every form that computes, jumps on a test, loads, stores or updates memory. */
export const INSTRUCTION_CASES: readonly InstructionCase[] = FORMS.flatMap(casesOf);

function casesOf(form: InstructionForm): readonly InstructionCase[] {
  const { does } = form;
  const usesImm = "source" in does && does.source === "imm";
  const title = `${form.mnemonic}${"source" in does ? ` ${does.source}` : ""}`;
  const operand = ({ b, imm }: Given) => (usesImm ? BigInt(imm) : b);
  const one = (lines: InstructionCase["lines"], expected: InstructionCase["expected"], where = "") => ({
    title: `${title}${where}`,
    usesImm,
    lines,
    expected,
  });
  const onR8 = (imm: number) => [{ form, dst: 8, src: 9, imm }];
  switch (does.kind) {
    case "alu":
      return [
        one(onR8, (given) => [aluResult(does.op, does.width, given.a, operand(given)), given.b, given.c]),
      ];
    case "move-signed":
      return [one(onR8, ({ b, c }) => [moveResult(does.bits, does.width, b), b, c])];
    case "byte-order":
      return [one(onR8, ({ a, b, c }) => [byteOrderResult(does, a), b, c])];
    case "jump-if": {
      const lines = (imm: number) => [
        op("mov", { dst: 0, imm: 1 }),
        { form, dst: 8, src: 9, imm, offset: 1 },
        op("mov", { dst: 0, imm: 0 }),
      ];
      return [
        one(lines, (given) => [
          given.a,
          given.b,
          jumps(does.test, does.width, given.a, operand(given)) ? 1n : 0n,
        ]),
      ];
    }
    case "load":
    case "load-acquire": {
      const bits = 8 * does.bytes;
      const signed = does.kind === "load" && does.signed;
      const extended = (a: bigint) => (signed ? BigInt.asIntN(bits, a) : BigInt.asUintN(bits, a));
      const expected = ({ a, b }: Given): After => [a, b, BigInt.asUintN(64, extended(a))];
      const fromStack = [
        op("stxdw", { dst: 10, src: 8, offset: -16 }),
        { form, dst: 0, src: 10, offset: -16 },
      ];
      return [
        one(() => [{ form, dst: 0, src: 6, offset: 0 }], expected),
        one(() => fromStack, expected, " of the stack"),
      ];
    }
    case "store":
    case "store-release": {
      const mask = (1n << BigInt(8 * does.bytes)) - 1n;
      const expected = (given: Given): After => {
        const value = BigInt.asUintN(64, operand(given));
        return [given.a, given.b, (given.a & ~mask) | (value & mask)];
      };
      const at = (dst: number, offset: number) => (imm: number) => [
        op("stxdw", { dst, src: 8, offset }),
        { form, dst, src: 9, imm, offset },
        op("ldxdw", { dst: 0, src: dst, offset }),
      ];
      return [one(at(6, 0), expected), one(at(10, -16), expected, " on the stack")];
    }
    case "atomic":
    case "exchange":
    case "compare-exchange": {
      // a becomes what memory holds afterwards.
      const lines = () => [
        op("stxdw", { dst: 10, src: 8, offset: -16 }),
        { form, dst: 10, src: 9, offset: -16 },
        op("ldxdw", { dst: 8, src: 10, offset: -16 }),
      ];
      return [one(lines, (given) => updated(does, given))];
    }
    default:
      return [];
  }
}

type Update = Extract<InstructionForm["does"], { readonly kind: "atomic" | "exchange" | "compare-exchange" }>;

function updated(does: Update, { a, b, c }: Given): After {
  const mask = (1n << BigInt(8 * does.bytes)) - 1n;
  const old = a & mask;
  const put = (value: bigint) => (a & ~mask) | (value & mask);
  switch (does.kind) {
    case "atomic":
      return [put(atomicResult(does.op, does.bytes, old, b)), does.fetch ? old : b, c];
    case "exchange":
      return [put(b), old, c];
    case "compare-exchange":
      return [(c & mask) === old ? put(b) : a, b, old];
  }
}
