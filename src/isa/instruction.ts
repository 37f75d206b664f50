import { ByteReader, decoding } from "#bytes/reader.ts";
import { ByteWriter } from "#bytes/writer.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { findForm, formsOf } from "./lookup.ts";
import type { FieldName, FieldPattern, InstructionForm } from "./table.ts";

/** One decoded instruction. Source: RFC 9669, section 3. */
export type Instruction = {
  /** Place in the program, in 8-byte slots. */
  readonly index: number;
  /** 0 to 255. */
  readonly opcode: number;
  /** Register 0 to 10. */
  readonly dst: number;
  /** Register 0 to 10, or the opcode's own use of the field (0 to 15). */
  readonly src: number;
  /** Signed 16 bits. */
  readonly offset: number;
  /** Signed 32 bits; the low half where the instruction takes two slots. */
  readonly imm: number;
  /** Unsigned 64 bits, of a two-slot LD_IMM64 only. */
  readonly imm64?: bigint;
  readonly slots: 1 | 2;
};

/** Bytes an instruction slot takes. */
export const SLOT_SIZE = 8;

const LAST_REGISTER = 10;
const FIELD_OFFSETS: { readonly [Name in FieldName]: number } = { dst: 1, src: 1, offset: 2, imm: 4 };

/**
 * The little-endian program in `bytes`, strictly: every opcode known, every reserved field zero, every
 * register from 0 to 10, both slots of an LD_IMM64 there. Where jumps go is `checkJumps`'s question.
 *
 * @param options.base offset of `bytes[0]` in the outermost file, for failures
 */
export function decodeProgram(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<readonly Instruction[], Malformed> {
  const program = new ByteReader(bytes, { format: "BPF", section: "program", base: options.base ?? 0 });
  return decoding(() => {
    const left = bytes.length % SLOT_SIZE;
    if (left !== 0) program.fail(bytes.length - left, `${left} bytes left behind the last whole instruction`);
    const instructions: Instruction[] = [];
    for (let index = 0; index < bytes.length / SLOT_SIZE; ) {
      const instruction = decodeAt(program, index);
      instructions.push(instruction);
      index += instruction.slots;
    }
    return instructions;
  });
}

function decodeAt(program: ByteReader, index: number): Instruction {
  const slot = program.part(`instruction ${index}`, index * SLOT_SIZE, SLOT_SIZE);
  const registers = slot.u8(1);
  const fields = {
    index,
    opcode: slot.u8(0),
    dst: registers & 15,
    src: registers >> 4,
    offset: (slot.u16(2) << 16) >> 16,
    imm: slot.i32(4),
  };
  const form = findForm(fields) ?? noForm(slot, fields);
  for (const name of ["dst", "src", "offset", "imm"] as const) {
    checkField(slot, name, FIELD_OFFSETS[name], form.fields[name], fields[name]);
  }
  if (form.slots === 1) return { ...fields, slots: 1 };
  return { ...fields, imm64: (decodeNext(program, form, index) << 32n) | BigInt(fields.imm >>> 0), slots: 2 };
}

/** The `imm` of the second slot of the LD_IMM64 at `index`, unsigned; everything else in it is zero. */
function decodeNext(program: ByteReader, form: InstructionForm, index: number): bigint {
  const start = index * SLOT_SIZE;
  const left = program.length - start;
  if (left < 2 * SLOT_SIZE)
    program.part(`instruction ${index}`, start, left).fail(left, "the second slot is missing");
  const both = program.part(`instruction ${index}`, start, 2 * SLOT_SIZE);
  if (both.u32(SLOT_SIZE) !== 0) both.fail(SLOT_SIZE, "the second slot has more than an immediate");
  const high = both.i32(SLOT_SIZE + 4);
  checkField(both, "second imm", SLOT_SIZE + 4, form.next?.imm ?? "any", high);
  return BigInt(high >>> 0);
}

function checkField(slot: ByteReader, name: string, at: number, rule: FieldPattern, value: number): void {
  if (rule === "any") return;
  if (rule === "register") {
    if (value > LAST_REGISTER) slot.fail(at, `${name} is register ${value}, the last is ${LAST_REGISTER}`);
    return;
  }
  if (value !== rule) slot.fail(at, `${name} is ${value}, must be ${rule}`);
}

function noForm(
  slot: ByteReader,
  fields: { readonly opcode: number } & { readonly [Name in FieldName]: number },
): never {
  const opcode = `opcode 0x${fields.opcode.toString(16).padStart(2, "0")}`;
  const selector = formsOf(fields.opcode)?.selector;
  if (selector === undefined) slot.fail(0, `${opcode} is not defined`);
  return slot.fail(FIELD_OFFSETS[selector], `${opcode} with ${selector} ${fields[selector]} is not defined`);
}

/** The program's bytes, little-endian. Fields are taken as they are. */
export function encodeProgram(instructions: readonly Instruction[]): Uint8Array {
  const slots = instructions.reduce((sum, instruction) => sum + instruction.slots, 0);
  const writer = new ByteWriter(slots * SLOT_SIZE);
  let at = 0;
  for (const { opcode, dst, src, offset, imm, imm64, slots } of instructions) {
    writer
      .u8(at, opcode)
      .u8(at + 1, dst | (src << 4))
      .u16(at + 2, offset)
      .u32(at + 4, imm);
    if (slots === 2)
      writer.u32(at + SLOT_SIZE + 4, Number((imm64 ?? BigInt.asUintN(64, BigInt(imm))) >> 32n));
    at += slots * SLOT_SIZE;
  }
  return writer.bytes;
}
