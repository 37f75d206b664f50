import fc from "fast-check";
import { decodeProgram, type Instruction } from "#isa/instruction.ts";
import { type FieldPattern, FORMS, type InstructionForm } from "#isa/table.ts";
import { expectValue } from "../support/expect-value.ts";

/** One slot from its fields, written apart from the encoder. */
export function slot(opcode: number, dst = 0, src = 0, offset = 0, imm = 0): number[] {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setUint8(0, opcode);
  bytes.setUint8(1, src * 16 + dst);
  bytes.setInt16(2, offset, true);
  bytes.setInt32(4, imm, true);
  return [...new Uint8Array(bytes.buffer)];
}

/** The decoded program of these slots; a test that gives bad ones here fails. */
export function decoded(...slots: readonly (readonly number[])[]): readonly Instruction[] {
  return expectValue(decodeProgram(Uint8Array.from(slots.flat())));
}

/** The one instruction of these slots. */
export function one(...slots: readonly (readonly number[])[]): Instruction {
  const [instruction, ...rest] = decoded(...slots);
  if (instruction === undefined || rest.length > 0) throw new Error("not one instruction");
  return instruction;
}

const field = (rule: FieldPattern, least: number, most: number): fc.Arbitrary<number> => {
  if (typeof rule === "number") return fc.constant(rule);
  return rule === "register" ? fc.nat({ max: 10 }) : fc.integer({ min: least, max: most });
};
const imm = (rule: FieldPattern): fc.Arbitrary<number> => field(rule, -(2 ** 31), 2 ** 31 - 1);

/** The bytes of any instruction of this form. */
export function bytesOf(form: InstructionForm): fc.Arbitrary<number[]> {
  const { fields } = form;
  return fc
    .tuple(
      field(fields.dst, 0, 15),
      field(fields.src, 0, 15),
      field(fields.offset, -(2 ** 15), 2 ** 15 - 1),
      imm(fields.imm),
      imm(form.next?.imm ?? 0),
    )
    .map(([dst, src, offset, low, high]) => [
      ...slot(form.opcode, dst, src, offset, low),
      ...(form.slots === 2 ? slot(0, 0, 0, 0, high) : []),
    ]);
}

/** The bytes of programs that decode. */
export const programs: fc.Arbitrary<number[]> = fc
  .array(
    fc.constantFrom(...FORMS).chain((form) => bytesOf(form)),
    { maxLength: 30 },
  )
  .map((slots) => slots.flat());
