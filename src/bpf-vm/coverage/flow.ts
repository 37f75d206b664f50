import type { Direction } from "#core/coverage.ts";
import type { Instruction } from "#isa/instruction.ts";
import { targetOf } from "#isa/jumps.ts";
import { formOf } from "#isa/lookup.ts";

/** Whether an instruction goes two ways. */
export function isConditional(instruction: Instruction): boolean {
  return formOf(instruction).does.kind === "jump-if";
}

/**
 * The slots that control can reach from the program's start when no closed branch is ever gone. What
 * is behind closed branches alone is left out.
 */
export function reachableSlots(
  instructions: readonly Instruction[],
  isClosed: (slot: number, direction: Direction) => boolean,
): ReadonlySet<number> {
  const bySlot = new Map(instructions.map((instruction) => [instruction.index, instruction]));
  const reached = new Set<number>();
  const waiting = [0];
  for (let slot = waiting.pop(); slot !== undefined; slot = waiting.pop()) {
    const instruction = bySlot.get(slot);
    if (instruction === undefined || reached.has(slot)) continue;
    reached.add(slot);
    waiting.push(...successors(instruction, isClosed));
  }
  return reached;
}

function successors(
  instruction: Instruction,
  isClosed: (slot: number, direction: Direction) => boolean,
): readonly number[] {
  const next = instruction.index + instruction.slots;
  const target = targetOf(instruction)?.slot;
  const { does } = formOf(instruction);
  switch (does.kind) {
    case "exit":
      return [];
    case "jump":
      return target === undefined ? [] : [target];
    case "jump-if":
      return [
        ...(isClosed(instruction.index, "passed") ? [] : [next]),
        ...(target === undefined || isClosed(instruction.index, "taken") ? [] : [target]),
      ];
    default:
      // A call comes back; a function whose address is taken may be called.
      return target === undefined ? [next] : [next, target];
  }
}
