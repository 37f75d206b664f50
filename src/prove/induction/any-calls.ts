import type { LoopCall } from "#prove/machine/context.ts";
import type { LoopRule, SymbolicExecutor } from "#prove/machine/executor.ts";
import { unknown } from "#prove/machine/problem.ts";
import { isUndisturbed, type PathState, withCondition, withRegister } from "#prove/machine/state.ts";
import { number } from "#prove/machine/value.ts";
import { bits64, plus } from "#prove/terms/bits.ts";
import type { Bits } from "#prove/terms/term.ts";
import { compare, equals, mostOf, not } from "#prove/terms/truth.ts";
import { cutLoop, requireEnd } from "./cut.ts";
import { type LoopHead, turnsBefore } from "./shape.ts";
import { beginTurn, resultOf, where } from "./turn.ts";

/**
 * Any number of turns of a `bpf_loop` of which no specification says anything: where turns go on, what they may change is forgotten, but for
 * facts that each keeps. After it are the ends of turns that stop it, and the state in which no turn is left.
 */
export const cutCalls: LoopRule = (executor, first, call) => {
  const turns = (start: PathState, head: LoopHead) => {
    const trial = executor.another({});
    const { goingOn } = turnsFrom(trial, start, call, head);
    const [gap] = trial.gaps;
    return gap === undefined ? goingOn : unknown(gap.detail);
  };
  const width = mostOf(call.turns, first.conditions).toString(2).length + 1;
  const cut = cutLoop(executor, { loop: executor.name("calls"), first, width, turns });
  const { goingOn, stopping } = turnsFrom(executor, cut.start, call, cut.head);
  for (const end of goingOn) requireEnd(executor, cut, end);
  executor.turnEnds.push(...[...goingOn, ...stopping].filter(({ denials }) => isUndisturbed(denials)));
  const made = turnsBefore(cut.head);
  const over = where(executor, cut.start, equals(made, call.turns));
  const after = (state: PathState, count: Bits): PathState => ({
    ...withRegister(state, 0, number(count)),
    ...{ trail: first.trail, turnOf: first.turnOf },
    loops: [...first.loops, { kind: "anyhow", loop: cut.head.loop }],
  });
  return [
    ...over.map((state) => after(state, made)),
    ...stopping.map((end) => after(end, plus(made, bits64(1)))),
  ];
};

type TurnEnds = { readonly goingOn: readonly PathState[]; readonly stopping: readonly PathState[] };

/** The ends of the turns that begin in a state; in the loop's first, that is the first turn. */
function turnsFrom(executor: SymbolicExecutor, state: PathState, call: LoopCall, head: LoopHead): TurnEnds {
  const index = state === head.first ? bits64(0) : turnsBefore(head);
  const due = withCondition(state, compare("ult", index, call.turns));
  const turn = beginTurn(due, call, index);
  const goingOn: PathState[] = [];
  const stopping: PathState[] = [];
  for (const end of executor.explore({ ...turn, turnOf: head.loop, trail: undefined })) {
    const result = resultOf(end);
    executor.require(end, "loop-turn", "a turn gives 0 or 1", compare("ule", result, bits64(1)));
    const goesOn = equals(result, bits64(0));
    goingOn.push(...where(executor, end, goesOn));
    stopping.push(...where(executor, end, not(goesOn)));
  }
  return { goingOn, stopping };
}
