import { Errno } from "#bpf-vm/errno.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { resolve } from "#formats/btf/resolve.ts";
import type { Instruction } from "#isa/instruction.ts";
import { formOf } from "#isa/lookup.ts";
import { FORMS, type InstructionForm } from "#isa/table.ts";
import type { CoreValue } from "./core-value.ts";
import { Refusal } from "./failure.ts";

/** The helper that a poisoned instruction calls, for the verifier's message: 0xbad2310, "bad relo". */
export const POISONED_CALL = 195896080;

export type Patch = {
  readonly local: { readonly btf: Btf; readonly value: CoreValue };
  /** Undefined: poison the instruction. */
  readonly target: { readonly btf: Btf; readonly value: CoreValue } | undefined;
};

/**
 * The instruction (or two, for a poisoned pair) with the target's value in place of the local one.
 * Source: `bpf_core_patch_insn`. @throws Refusal (-EINVAL, -ERANGE)
 */
export function patch(instruction: Instruction, change: Patch): readonly Instruction[] {
  if (change.target === undefined) return poisoned(instruction);
  const { does } = formOf(instruction);
  const { value } = change.target.value;
  switch (does.kind) {
    case "alu":
      if (does.source !== "imm") break;
      expect(instruction, change, BigInt.asUintN(64, BigInt(instruction.imm)));
      return [{ ...instruction, imm: Number(BigInt.asIntN(32, value)) }];
    case "load":
    case "store":
      expect(instruction, change, BigInt.asUintN(64, BigInt(instruction.offset)));
      if (value > 0x7fffn) throw new Refusal(Errno.ERANGE, `${nameOf(instruction)}: offset ${value}`);
      return resized({ ...instruction, offset: Number(value) }, change) ?? poisoned(instruction);
    case "load-imm64":
      if (does.meaning !== "value") break;
      expect(instruction, change, instruction.imm64 ?? 0n);
      return [{ ...instruction, imm: Number(BigInt.asIntN(32, value)), imm64: value }];
    default:
      break;
  }
  throw new Refusal(Errno.EINVAL, `${nameOf(instruction)} cannot be relocated`);
}

function expect(instruction: Instruction, { local }: Patch, found: bigint): void {
  if (!local.value.exact || found === BigInt.asUintN(64, local.value.value)) return;
  throw new Refusal(
    Errno.EINVAL,
    `${nameOf(instruction)} has ${found} where the program's own types say ${local.value.value}`,
  );
}

/**
 * A load or store of the size that the target's field has. Undefined where that could give another
 * value: sizes may differ only between pointers, and between unsigned integers.
 */
function resized(instruction: Instruction, { local, target }: Patch): readonly Instruction[] | undefined {
  const before = local.value.field;
  const after = target?.value.field;
  if (before?.size === after?.size || target === undefined) return [instruction];
  if (before === undefined || after === undefined) return undefined;
  if (!mayChangeSize(local.btf, before.type, target.btf, after.type)) return undefined;
  const form = formOf(instruction);
  if (!("bytes" in form.does) || form.does.bytes !== before.size) {
    throw new Refusal(Errno.EINVAL, `${nameOf(instruction)} is not of the field's ${before.size} bytes`);
  }
  const other = FORMS.find((candidate) => isSameOf(candidate, form, after.size));
  if (other === undefined) throw new Refusal(Errno.EINVAL, `a field of ${after.size} bytes`);
  return [{ ...instruction, opcode: other.opcode }];
}

function isSameOf(candidate: InstructionForm, form: InstructionForm, bytes: number): boolean {
  const wanted = { ...form.does, bytes };
  return JSON.stringify(candidate.does) === JSON.stringify(wanted);
}

function mayChangeSize(a: Btf, aId: number, b: Btf, bId: number): boolean {
  const x = a.type(resolve(a, aId));
  const y = b.type(resolve(b, bId));
  if (x.kind === "ptr" && y.kind === "ptr") return true;
  return x.kind === "int" && y.kind === "int" && x.encoding !== "signed" && y.encoding !== "signed";
}

function poisoned({ index, slots }: Instruction): readonly Instruction[] {
  const call = FORMS.find(({ does }) => does.kind === "call" && does.target === "helper");
  if (call === undefined) throw new Error("the instruction set has no helper calls");
  return Array.from({ length: slots }, (_, i) => ({
    index: index + i,
    opcode: call.opcode,
    dst: 0,
    src: 0,
    offset: 0,
    imm: POISONED_CALL,
    slots: 1,
  }));
}

function nameOf({ index }: Instruction): string {
  return `instruction ${index}`;
}
