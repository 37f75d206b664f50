import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { Instruction } from "#isa/instruction.ts";
import { targetOf } from "#isa/jumps.ts";
import { formOf } from "#isa/lookup.ts";
import type { Semantics } from "#isa/semantics.ts";

/** An instruction with its meaning; the last one of a program stands behind it, where nothing may get to. */
export type BlockStep = {
  /** Of the lowered instruction. */
  readonly at: number;
  readonly instruction: Instruction | undefined;
  readonly does: Semantics | { readonly kind: "end-of-program" };
};

/** Instructions that are executed one after the other; only the last one calls or jumps. */
export type Block = {
  /** The place among the program's blocks. */
  readonly id: number;
  readonly steps: readonly BlockStep[];
  /**
   * Blocks that follow: where the last instruction is a conditional jump, the one it jumps to and the one behind.
   */
  readonly next: readonly number[];
};

export type ProgramBlocks = {
  readonly blocks: readonly Block[];
  /** Of each lowered instruction, its block. */
  readonly blockOf: Int32Array;
  /** Lowered instructions where functions begin: the program's own, and those that it names. */
  readonly entries: readonly number[];
};

/** Cuts a program, whose jumps have been checked, into blocks; functions begin at `more` instructions, too. */
export function blocksOf(program: LoadedProgram, more: readonly number[] = []): ProgramBlocks {
  const { instructions, lowered } = program;
  const steps = [
    ...instructions.map(
      (instruction, at): BlockStep => ({ at, instruction, does: formOf(instruction).does }),
    ),
    { at: instructions.length, instruction: undefined, does: { kind: "end-of-program" } } as const,
  ];
  const targets = instructions.map((instruction) => {
    const target = targetOf(instruction);
    return target && { ...target, at: lowered.bySlot[target.slot] ?? -1 };
  });
  const entries = new Set([0, ...more]);
  const leaders = new Set(entries);
  for (const target of targets) {
    if (target === undefined) continue;
    leaders.add(target.at);
    if (target.by !== "jump") entries.add(target.at);
  }
  for (const { at, does } of steps) {
    if (callsOut(does)) leaders.add(at);
    if (ends(does) || callsOut(does)) leaders.add(at + 1);
  }
  leaders.delete(steps.length);
  const starts = [...leaders].sort((a, b) => a - b);
  const blockOf = new Int32Array(steps.length);
  for (const [id, start] of starts.entries()) blockOf.fill(id, start, starts[id + 1] ?? steps.length);
  const blocks = starts.map((start, id): Block => {
    const own = steps.slice(start, starts[id + 1] ?? steps.length);
    const last = own.at(-1);
    const next = last === undefined ? [] : followers(last, targets[last.at]?.at);
    return { id, steps: own, next: next.map((at) => blockOf[at] ?? -1) };
  });
  return { blocks, blockOf, entries: [...entries].sort((a, b) => a - b) };
}

/** Whether control does not just go on behind it. */
function ends(does: BlockStep["does"]): boolean {
  switch (does.kind) {
    case "jump":
    case "jump-if":
    case "exit":
    case "end-of-program":
      return true;
    case "call":
      return does.target === "local";
    default:
      return isRefused(does);
  }
}

/** Helpers and kfuncs may run functions of the program, so that their calls are blocks of their own. */
function callsOut(does: BlockStep["does"]): boolean {
  return does.kind === "call" && does.target !== "local";
}

/** What no program here may contain. */
export function isRefused(does: BlockStep["does"]): boolean {
  switch (does.kind) {
    case "address-space-cast":
    case "packet-load":
    case "call-register":
    case "jump-register":
    case "end-of-program":
      return true;
    default:
      return false;
  }
}

function followers({ at, does }: BlockStep, target: number | undefined): number[] {
  if (does.kind === "exit" || isRefused(does)) return [];
  if (does.kind === "jump") return [target ?? -1];
  return does.kind === "jump-if" ? [target ?? -1, at + 1] : [at + 1];
}
