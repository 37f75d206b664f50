import { lower } from "../../src/bpf-vm/interpreter/lower.ts";
import type { LoadedProgram } from "../../src/bpf-vm/program.ts";
import type { Instruction } from "../../src/isa/instruction.ts";
import { formOf } from "../../src/isa/lookup.ts";
import type { AluOperation, JumpTest, Semantics } from "../../src/isa/semantics.ts";
import { FORMS, type InstructionForm } from "../../src/isa/table.ts";

/** A program with one instruction changed. */
export type BytecodeMutant = {
  readonly slot: number;
  /** What was done to it, in words. */
  readonly change: string;
  readonly program: LoadedProgram;
};

/** The tests that a jump is given in place of its own: the opposite, and those that differ in one case or in the sign. */
const OTHER_TESTS: Readonly<Record<JumpTest, readonly JumpTest[]>> = {
  eq: ["ne", "le", "ge"],
  ne: ["eq", "lt", "gt"],
  lt: ["ge", "le", "slt", "ne"],
  le: ["gt", "lt", "sle", "eq"],
  gt: ["le", "ge", "sgt", "ne"],
  ge: ["lt", "gt", "sge", "eq"],
  slt: ["sge", "sle", "lt"],
  sle: ["sgt", "slt", "le"],
  sgt: ["sle", "sge", "gt"],
  sge: ["slt", "sgt", "ge"],
  set: ["eq", "ne"],
};

const SHIFTS: ReadonlySet<AluOperation> = new Set(["lsh", "rsh", "arsh"]);
const DIVISIONS: ReadonlySet<AluOperation> = new Set(["div", "sdiv", "mod", "smod"]);

/**
 * Every mutant of a program: each jump with other tests, always and never taken; each constant one more and one less, places of loads and
 * stores too; each store, load and calculation left out. Calls stay as they are.
 */
export function bytecodeMutants(program: LoadedProgram): readonly BytecodeMutant[] {
  return program.instructions.flatMap((instruction, place) =>
    changesOf(instruction).map(({ change, changed }): BytecodeMutant => {
      const instructions = program.instructions.with(place, changed);
      return {
        slot: instruction.index,
        change,
        program: { ...program, instructions, lowered: lower(instructions) },
      };
    }),
  );
}

type Change = { readonly change: string; readonly changed: Instruction };

function changesOf(instruction: Instruction): readonly Change[] {
  const { does, mnemonic } = formOf(instruction);
  switch (does.kind) {
    case "jump-if":
      return [
        ...otherTests(instruction, mnemonic, does),
        { change: `${mnemonic} always taken`, changed: jump(instruction, instruction.offset) },
        leftOut(instruction, mnemonic),
        ...constants(instruction, mnemonic, does),
      ];
    case "alu":
      return [leftOut(instruction, mnemonic), ...constants(instruction, mnemonic, does)];
    case "load":
      return [leftOut(instruction, mnemonic), ...places(instruction, mnemonic)];
    case "store":
      return [
        leftOut(instruction, mnemonic),
        ...places(instruction, mnemonic),
        ...constants(instruction, mnemonic, does),
      ];
    case "load-imm64":
      return does.meaning === "value" ? wideConstants(instruction) : [];
    default:
      return [];
  }
}

function otherTests(
  instruction: Instruction,
  mnemonic: string,
  does: Semantics & { kind: "jump-if" },
): readonly Change[] {
  return OTHER_TESTS[does.test].map((test) => {
    const other = jumpForm({ ...does, test });
    return { change: `${mnemonic} is ${other.mnemonic}`, changed: { ...instruction, opcode: other.opcode } };
  });
}

function jumpForm({ test, width, source }: Semantics & { kind: "jump-if" }): InstructionForm {
  const found = FORMS.find(
    ({ does }) =>
      does.kind === "jump-if" && does.test === test && does.width === width && does.source === source,
  );
  if (found === undefined) throw new Error(`no jump tests ${test}`);
  return found;
}

function constants(
  instruction: Instruction,
  mnemonic: string,
  does: Semantics & { kind: "alu" | "jump-if" | "store" },
): readonly Change[] {
  const { imm } = instruction;
  if (does.source !== "imm" || (does.kind === "alu" && does.op === "neg")) return [];
  return [imm + 1, imm - 1]
    .filter((value) => isConstant(does, value))
    .map((value) => ({
      change: `${mnemonic} has ${value}, not ${imm}`,
      changed: { ...instruction, imm: value },
    }));
}

/** A byte to either side. */
function places(instruction: Instruction, mnemonic: string): readonly Change[] {
  const { offset } = instruction;
  return [offset + 1, offset - 1].map((value) => ({
    change: `${mnemonic} at ${value}, not ${offset}`,
    changed: { ...instruction, offset: value },
  }));
}

/** What no kernel takes is not tried: shifts by the width or more, divisions by 0. */
function isConstant(does: Semantics, value: number): boolean {
  if (value !== (value | 0)) return false;
  if (does.kind !== "alu") return true;
  if (SHIFTS.has(does.op)) return value >= 0 && value < does.width;
  return !DIVISIONS.has(does.op) || value !== 0;
}

function wideConstants(instruction: Instruction): readonly Change[] {
  const { imm64 = 0n } = instruction;
  return [imm64 + 1n, imm64 - 1n].map((value) => {
    const changed = BigInt.asUintN(64, value);
    return {
      change: `lddw has ${changed}, not ${imm64}`,
      changed: { ...instruction, imm: Number(BigInt.asIntN(32, changed)), imm64: changed },
    };
  });
}

function leftOut(instruction: Instruction, mnemonic: string): Change {
  return { change: `${mnemonic} left out`, changed: jump(instruction, 0) };
}

/** A jump in an instruction's place, over so many slots. */
function jump({ index }: Instruction, offset: number): Instruction {
  const form = FORMS.find(({ mnemonic }) => mnemonic === "ja");
  if (form === undefined) throw new Error("no ja");
  return { index, opcode: form.opcode, dst: 0, src: 0, offset, imm: 0, slots: 1 };
}
