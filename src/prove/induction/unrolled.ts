import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { JumpRule, LoopRule } from "#prove/machine/executor.ts";
import { type PathState, withRegister } from "#prove/machine/state.ts";
import { number } from "#prove/machine/value.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { compare, equals, not } from "#prove/terms/truth.ts";
import { backwardJumps } from "./flow.ts";
import { isOfCall } from "./jumps.ts";
import { beginTurn, resultOf, where } from "./turn.ts";

/** Loops of jumps turn by turn; a path that makes more is left. */
export function unrolledJumps(program: LoadedProgram, most: number): JumpRule {
  const heads = new Set(backwardJumps(program).values());
  return {
    admit: (_executor, state) => {
      if (!heads.has(state.slot)) return [state];
      const made = state.openLoops.filter((one) => one.head === state.slot && isOfCall(one, state)).length;
      const turn = { loop: `turn ${made}`, head: state.slot, frames: state.frames };
      return made > most ? [] : [{ ...state, openLoops: [...state.openLoops, turn] }];
    },
  };
}

/** Loops of `bpf_loop` turn by turn; those that make more are left. */
export function unrolledLoop(most: number): LoopRule {
  return (executor, before, call) => {
    const after: PathState[] = [];
    let going: readonly PathState[] = [before];
    for (let turn = 0; turn <= most; turn++) {
      const made = number(bits64(turn));
      for (const state of going) {
        for (const last of where(executor, state, equals(call.turns, bits64(turn)))) {
          after.push(withRegister(last, 0, made));
        }
      }
      const starts = going.flatMap((state) =>
        where(executor, state, compare("ult", bits64(turn), call.turns)),
      );
      going = starts.flatMap((start) => {
        return executor.explore(beginTurn(start, call, bits64(turn))).flatMap((end) => {
          const stops = not(equals(resultOf(end), bits64(0)));
          for (const last of where(executor, end, stops))
            after.push(withRegister(last, 0, number(bits64(turn + 1))));
          return where(executor, end, not(stops));
        });
      });
    }
    return after;
  };
}
