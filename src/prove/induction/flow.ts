import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { Instruction } from "#isa/instruction.ts";
import { targetOf } from "#isa/jumps.ts";
import { formOf } from "#isa/lookup.ts";
import type { Trail } from "#prove/machine/state.ts";

/** Where control goes within a function: a call comes back. */
function successorsOf(instruction: Instruction): readonly number[] {
  const { kind } = formOf(instruction).does;
  const next = instruction.index + instruction.slots;
  const target = targetOf(instruction);
  if (kind === "exit") return [];
  if (target?.by !== "jump") return [next];
  return kind === "jump" ? [target.slot] : [target.slot, next];
}

/** The instructions of a loop, by their slots: those that come back to its head without passing it. */
export function loopBody({ instructions }: LoadedProgram, head: number): ReadonlySet<number> {
  const predecessors = new Map<number, number[]>();
  const into = (slot: number) => predecessors.get(slot) ?? [];
  for (const instruction of instructions) {
    for (const slot of successorsOf(instruction)) predecessors.set(slot, [...into(slot), instruction.index]);
  }
  const body = new Set([head]);
  const pending = into(head).filter((slot) => slot >= head);
  for (let slot = pending.pop(); slot !== undefined; slot = pending.pop()) {
    if (body.has(slot)) continue;
    body.add(slot);
    pending.push(...into(slot));
  }
  return body;
}

/** Where jumps go back to, by the jumps' own slots. */
export function backwardJumps({ instructions }: LoadedProgram): ReadonlyMap<number, number> {
  const back = new Map<number, number>();
  for (const instruction of instructions) {
    const target = targetOf(instruction);
    if (target?.by === "jump" && target.slot <= instruction.index) back.set(instruction.index, target.slot);
  }
  return back;
}

/** Of the instructions that are no heads yet, the one to which a path jumped back most often; undefined where there is none. */
export function busiestHead(
  program: LoadedProgram,
  trail: Trail,
  heads: readonly number[],
): number | undefined {
  const back = backwardJumps(program);
  const times = new Map<number, number>();
  let after: number | undefined;
  for (let one = trail; one !== undefined; one = one.before) {
    if (after !== undefined && back.get(one.slot) === after) times.set(after, (times.get(after) ?? 0) + 1);
    after = one.slot;
  }
  const [busiest] = [...times].filter(([head]) => !heads.includes(head)).sort(([, a], [, b]) => b - a);
  return busiest?.[0];
}
