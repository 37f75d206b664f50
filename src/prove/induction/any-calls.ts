import type { LoopCall } from "#prove/machine/context.ts";
import type { LoopRule, SymbolicExecutor } from "#prove/machine/executor.ts";
import { ENDED, enterFunction } from "#prove/machine/frames.ts";
import { unknown } from "#prove/machine/problem.ts";
import {
  isUndisturbed,
  NOTHING_DENIED,
  type PathState,
  withCondition,
  withRegister,
} from "#prove/machine/state.ts";
import { number } from "#prove/machine/value.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { variable } from "#prove/terms/term.ts";
import { compare, mostOf } from "#prove/terms/truth.ts";
import { cutLoop, requireEnd } from "./cut.ts";
import { type LoopHead, turnsBefore } from "./shape.ts";

/** Any number of turns of a `bpf_loop` of which no specification says anything: the facts that every turn keeps are known after it. */
export const cutCalls: LoopRule = (executor, first, call) => {
  const turns = (start: PathState, head: LoopHead) => {
    const trial = executor.another({});
    const ends = turnsFrom(trial, start, call, head);
    const [gap] = trial.gaps;
    return gap === undefined ? ends : unknown(gap.detail);
  };
  const width = mostOf(call.turns, first.conditions).toString(2).length + 1;
  const cut = cutLoop(executor, { loop: executor.name("calls"), first, width, turns });
  const { loop } = cut.head;
  for (const end of turnsFrom(executor, cut.start, call, cut.head)) {
    executor.require(end, "loop-turn", "a turn gives 0 or 1", compare("ule", resultOf(end), bits64(1)));
    requireEnd(executor, cut, end);
    if (isUndisturbed(end.denials)) executor.turnEnds.push(end);
  }
  const after = { ...cut.start, loops: [...cut.start.loops, { kind: "anyhow" as const, loop }] };
  return [withRegister(after, 0, number(variable(64, executor.name("turns made"))))];
};

/** The ends of the turns that begin in a state; in the loop's first, that is the first turn. */
function turnsFrom(
  executor: SymbolicExecutor,
  state: PathState,
  call: LoopCall,
  head: LoopHead,
): readonly PathState[] {
  const index = state === head.first ? bits64(0) : turnsBefore(head);
  const due = withCondition(state, compare("ult", index, call.turns));
  const given = withRegister(withRegister(due, 1, number(index)), 2, call.context);
  const turn = enterFunction(given, call.turn, ENDED);
  return executor.explore({ ...turn, turnOf: head.loop, trail: undefined, denials: NOTHING_DENIED });
}

function resultOf({ registers: [result] }: PathState) {
  return result?.kind === "number" ? result.bits : unknown("a turn without a result");
}
