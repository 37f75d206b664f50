import { unreachable } from "#core/unreachable.ts";
import type { Instruction } from "#isa/instruction.ts";
import { targetOf } from "#isa/jumps.ts";
import { formOf } from "#isa/lookup.ts";
import type { Semantics } from "#isa/semantics.ts";
import * as Op from "./operation-codes.ts";
import {
  aluOperation,
  byteOrderOperation,
  CODE_OF,
  extendOperation,
  jumpOperation,
  loadOperation,
  type Operation,
  type Update,
} from "./operations.ts";

/** R0 to R10; constants stand behind them. */
export const REGISTERS = 11;

/** What a call instruction names. */
export type CallTarget = {
  readonly target: "helper" | "kfunc";
  /** The helper's id, or the kfunc's id in the BTF that `btf` chooses. */
  readonly id: number;
  /** Of a kfunc: the place in `fd_array` of the BTF object; 0 for the kernel's own. */
  readonly btf: number;
  /** Of the call, in slots. */
  readonly instruction: number;
};

/** A program in the form that the interpreter runs. */
export type Lowered = {
  /**
   * Four numbers a slot: operation, index of the destination's pair, index of the source's pair, argument (an offset, the slot to
   * jump to, a place in a table). The last one stands after the program, and refuses; the second slot of a pair is never run.
   */
  readonly code: Int32Array;
  /** The register file as it is before the program starts, with all constants. */
  readonly registers: Int32Array;
  /** The 64-bit immediates that stand for something else than a value, to be filled in before a run. */
  readonly symbols: readonly { readonly index: number; readonly instruction: Instruction }[];
  readonly calls: readonly CallTarget[];
  readonly updates: readonly Update[];
  readonly refusals: readonly string[];
  /** Of each instruction, its slot; the last one stands after the program. */
  readonly slots: Int32Array;
  /** Of each slot, its instruction, by its place among all; -1 for the second slot of a pair. */
  readonly bySlot: Int32Array;
};

/** Lowers a program whose jumps have been checked (`checkJumps`). */
export function lower(instructions: readonly Instruction[]): Lowered {
  return new Lowering(instructions).finish();
}

class Lowering {
  readonly #instructions: readonly Instruction[];
  readonly #code: Int32Array;
  readonly #constants: number[] = [];
  readonly #known = new Map<string, number>();
  readonly #symbols: { index: number; instruction: Instruction }[] = [];
  readonly #calls: CallTarget[] = [];
  readonly #updates: Update[] = [];
  readonly #refusals: string[] = [];
  readonly #slots: Int32Array;
  readonly #bySlot: Int32Array;

  constructor(instructions: readonly Instruction[]) {
    this.#instructions = instructions;
    const last = instructions.at(-1);
    const end = last === undefined ? 0 : last.index + last.slots;
    this.#code = new Int32Array(4 * (end + 1));
    this.#slots = Int32Array.from([...instructions.map(({ index }) => index), end]);
    this.#bySlot = new Int32Array(end).fill(-1);
    for (const [i, { index }] of instructions.entries()) this.#bySlot[index] = i;
  }

  finish(): Lowered {
    for (const instruction of this.#instructions) this.#one(instruction.index, instruction);
    // Checked jumps cannot leave the program, but its last instruction may just not be an exit.
    this.#code.set([Op.refuse, 0, 0, this.#refusals.push("the program's end") - 1], 4 * this.#bySlot.length);
    const registers = new Int32Array(2 * REGISTERS + this.#constants.length);
    registers.set(this.#constants, 2 * REGISTERS);
    return {
      code: this.#code,
      registers,
      symbols: this.#symbols,
      calls: this.#calls,
      updates: this.#updates,
      refusals: this.#refusals,
      slots: this.#slots,
      bySlot: this.#bySlot,
    };
  }

  #one(at: number, instruction: Instruction): void {
    const { does } = formOf(instruction);
    const source = () => this.#operand(does, instruction);
    switch (does.kind) {
      case "alu":
        this.#put(at, aluOperation(does.op, does.width), instruction, source());
        return;
      case "move-signed":
        this.#put(at, extendOperation(does.bits, does.width), instruction, source());
        return;
      case "byte-order":
        this.#put(at, byteOrderOperation(does), instruction, 2 * instruction.dst);
        return;
      case "load":
        this.#put(at, loadOperation(does.bytes, does.signed), instruction, source(), instruction.offset);
        return;
      case "load-acquire":
        this.#put(at, loadOperation(does.bytes, false), instruction, source(), instruction.offset);
        return;
      case "store":
      case "store-release":
        this.#put(at, `store${does.bytes}`, instruction, source(), instruction.offset);
        return;
      case "atomic":
      case "exchange":
      case "compare-exchange":
        this.#put(at, "update", instruction, source(), instruction.offset);
        // An update needs an offset and a description: the latter's place stands above the former's 16 bits.
        this.#code[4 * at + 3] = (this.#updates.push(does) - 1) * 0x10000 + (instruction.offset & 0xffff);
        return;
      case "load-imm64":
        this.#put(at, "wide", instruction, this.#immediate(instruction, does.meaning === "value"));
        return;
      case "jump":
        this.#put(at, "jump", instruction, 0, this.#target(instruction));
        return;
      case "jump-if":
        this.#put(at, jumpOperation(does.test, does.width), instruction, source(), this.#target(instruction));
        return;
      case "may-goto":
        // The kernel's own budget is 8 million turns; ours ends the program first, and as a fault.
        this.#put(at, "nop", instruction, 0);
        return;
      case "call":
        this.#call(at, instruction, does.target);
        return;
      case "exit":
        this.#put(at, "exit", instruction, 0);
        return;
      case "address-space-cast":
      case "packet-load":
      case "call-register":
      case "jump-register":
        this.#put(at, "refuse", instruction, 0, this.#refusals.push(does.kind) - 1);
        return;
      default:
        unreachable(does);
    }
  }

  #call(at: number, instruction: Instruction, target: "helper" | "local" | "kfunc"): void {
    if (target === "local") {
      this.#put(at, "callLocal", instruction, 0, this.#target(instruction));
      return;
    }
    const { imm: id, offset: btf, index } = instruction;
    this.#put(at, "call", instruction, 0, this.#calls.push({ target, id, btf, instruction: index }) - 1);
  }

  #put(at: number, operation: Operation, { dst }: Instruction, source: number, argument = 0): void {
    this.#code.set([CODE_OF[operation], 2 * dst, source, argument], 4 * at);
  }

  #target(instruction: Instruction): number {
    return targetOf(instruction)?.slot ?? -1;
  }

  /** The index of the second operand's pair. */
  #operand(does: Semantics, { src, imm }: Instruction): number {
    if (!("source" in does) || does.source === "reg") return 2 * src;
    return this.#constant(imm, imm >> 31);
  }

  #immediate(instruction: Instruction, isValue: boolean): number {
    const value = instruction.imm64 ?? 0n;
    if (isValue) return this.#constant(instruction.imm, Number(BigInt.asIntN(32, value >> 32n)));
    const index = 2 * REGISTERS + this.#constants.push(0, 0) - 2;
    this.#symbols.push({ index, instruction });
    return index;
  }

  #constant(low: number, high: number): number {
    const key = `${low}:${high}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = 2 * REGISTERS + this.#constants.push(low, high) - 2;
    this.#known.set(key, index);
    return index;
  }
}
