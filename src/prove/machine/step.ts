import type { Instruction } from "#isa/instruction.ts";
import { targetOf } from "#isa/jumps.ts";
import { formOf } from "#isa/lookup.ts";
import type { Source } from "#isa/semantics.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { FALSE, TRUE, type Truth } from "#prove/terms/term.ts";
import { not } from "#prove/terms/truth.ts";
import { loadFrom, storeTo } from "./access.ts";
import { aluResult, moveSigned, readable, reorder, tests } from "./arithmetic.ts";
import { callHelper, callKfunc } from "./calls.ts";
import type { ExecutionContext } from "./context.ts";
import { enterFunction, leaveFunction } from "./frames.ts";
import { immediate } from "./immediate.ts";
import { unknown } from "./problem.ts";
import { extended, type PathState, register, withCondition, withRegister } from "./state.ts";
import { number, type Value } from "./value.ts";

/** The states after one instruction: several where it depends on what is not known. */
export function step(
  executor: ExecutionContext,
  before: PathState,
  instruction: Instruction,
): readonly PathState[] {
  const { does } = formOf(instruction);
  const { dst, src, index, slots } = instruction;
  if (does.kind === "jump-if") return branch(executor, before, instruction);
  const state: PathState = { ...before, trail: extended(before.trail, index) };
  const next = index + slots;
  const set = (value: Value) => [{ ...withRegister(state, dst, value), slot: next }];
  switch (does.kind) {
    case "alu":
      return set(
        narrowed(
          executor,
          state,
          aluResult(
            does.op,
            does.width,
            register(state, dst),
            does.op === "neg" ? register(state, dst) : operand(state, instruction, does.source),
          ),
        ),
      );
    case "move-signed":
      return set(moveSigned(does.width, does.bits, register(state, src)));
    case "byte-order":
      return set(reorder(does.to, does.bits, register(state, dst)));
    case "load-imm64":
      return set(immediate(executor.program, instruction));
    case "load":
      return [{ ...loadFrom(executor, state, instruction, does), slot: next }];
    case "store":
      return [
        {
          ...storeTo(executor, state, instruction, does.bytes, operand(state, instruction, does.source)),
          slot: next,
        },
      ];
    case "jump":
      return [{ ...state, slot: targetOf(instruction)?.slot ?? next }];
    case "exit":
      return [leaveFunction(executor, state)];
    case "call": {
      const target = targetOf(instruction);
      if (target !== undefined) return [enterFunction(state, target.slot, next)];
      return does.target === "helper"
        ? callHelper(executor, state, instruction)
        : callKfunc(executor, state, instruction);
    }
    default:
      return unknown(`the instruction ${does.kind} is not known to the prover`);
  }
}

function operand(state: PathState, { src, imm }: Instruction, source: Source): Value {
  return source === "reg" ? readable(register(state, src)) : number(bits64(imm));
}

function branch(
  executor: ExecutionContext,
  state: PathState,
  instruction: Instruction,
): readonly PathState[] {
  const { does } = formOf(instruction);
  if (does.kind !== "jump-if") return unknown("not a branch");
  const { dst } = instruction;
  const asked = tests(does.test, does.width, register(state, dst), operand(state, instruction, does.source));
  const condition = executor.truthIn(state, asked);
  const go = (taken: boolean, when: Truth): readonly PathState[] => {
    if (when === FALSE) return [];
    const slot = taken ? (targetOf(instruction)?.slot ?? -1) : instruction.index + 1;
    const moved = { ...state, slot, trail: extended(state.trail, instruction.index, taken) };
    return [when === TRUE ? moved : withCondition(moved, when)];
  };
  return [...go(true, condition), ...go(false, not(condition))];
}

/** A number as simple as it gets: what was calculated in 32 bits and lost nothing by it is that of 64. */
function narrowed(executor: ExecutionContext, state: PathState, value: Value): Value {
  return value.kind === "number" ? number(executor.bitsIn(state, value.bits)) : value;
}
