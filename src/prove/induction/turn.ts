import type { LoopCall } from "#prove/machine/context.ts";
import type { SymbolicExecutor } from "#prove/machine/executor.ts";
import { ENDED, enterFunction } from "#prove/machine/frames.ts";
import { unknown } from "#prove/machine/problem.ts";
import { type PathState, withCondition, withRegister } from "#prove/machine/state.ts";
import { number } from "#prove/machine/value.ts";
import { type Bits, FALSE, type Truth } from "#prove/terms/term.ts";

/** The function that `bpf_loop` calls begins its turn of this number; what it comes to is where the path ends. */
export function beginTurn(state: PathState, call: LoopCall, index: Bits): PathState {
  const given = withRegister(withRegister(state, 1, number(index)), 2, call.context);
  return enterFunction(given, call.turn, ENDED);
}

/** What a turn has answered. */
export function resultOf({ registers: [result] }: PathState): Bits {
  return result?.kind === "number" ? result.bits : unknown("a turn without a result");
}

/** The state where a condition holds too: none where it cannot. */
export function where(executor: SymbolicExecutor, state: PathState, asked: Truth): readonly PathState[] {
  const condition = executor.truthIn(state, asked);
  return condition === FALSE ? [] : [withCondition(state, condition)];
}
