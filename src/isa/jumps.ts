import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type Instruction, SLOT_SIZE } from "./instruction.ts";
import { formOf } from "./lookup.ts";

/** Where control may go besides the next instruction, and how. */
export type JumpTarget = { readonly slot: number; readonly by: "jump" | "call" | "function address" };

/**
 * What the instruction names within its own program: a jump's target, a called function, the function
 * whose address it loads. Undefined where it names nothing, or what only the run can tell (gotox).
 *
 * Distances count from the slot behind the first one, so that a function address counts from its
 * own second slot.
 */
export function targetOf(instruction: Instruction): JumpTarget | undefined {
  const { does } = formOf(instruction);
  const from = instruction.index + 1;
  switch (does.kind) {
    case "jump":
      return { slot: from + instruction[does.distance], by: "jump" };
    case "jump-if":
    case "may-goto":
      return { slot: from + instruction.offset, by: "jump" };
    case "call":
      return does.target === "local" ? { slot: from + instruction.imm, by: "call" } : undefined;
    case "load-imm64":
      return does.meaning === "func" ? { slot: from + instruction.imm, by: "function address" } : undefined;
    default:
      return undefined;
  }
}

/**
 * Checks that what instructions name within their program is an instruction: inside the program, and
 * no second slot. For linked programs: in an object file, calls wait for their relocations.
 *
 * @param options.base offset of the program in the outermost file, for failures
 */
export function checkJumps(
  instructions: readonly Instruction[],
  options: { readonly base?: number } = {},
): Result<void, Malformed> {
  const starts = new Set(instructions.map(({ index }) => index));
  const last = instructions.at(-1);
  const end = last === undefined ? 0 : last.index + last.slots;
  for (const instruction of instructions) {
    const target = targetOf(instruction);
    if (target === undefined || starts.has(target.slot)) continue;
    const inside = target.slot >= 0 && target.slot < end;
    const where = inside ? "the second slot of an instruction" : `outside the program of ${end} slots`;
    return err({
      reason: "malformed",
      format: "BPF",
      section: `instruction ${instruction.index}`,
      offset: (options.base ?? 0) + instruction.index * SLOT_SIZE,
      detail: `the ${target.by} goes to ${target.slot}, ${where}`,
    });
  }
  return ok(undefined);
}
