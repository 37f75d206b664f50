import { formOf } from "#isa/lookup.ts";
import type { Trace } from "./trace.ts";

/** Bytes of the image that a decision was made by. */
export type Deciding = {
  /** The step of the jump. */
  readonly step: number;
  readonly bytes: readonly { readonly offset: number; readonly size: number }[];
};

type Wanted = { readonly register: number; readonly before: number };

/** Values that are followed back before the search gives up. */
const MOST_LOOKS = 20_000;
/** After R5, R0 too, a call's answer is followed no further. */
const CALL_CLOBBERS = 5;

/**
 * Why a parser takes no image: the last jump before its last printk that depends on bytes of the image, and those bytes. Each
 * value compared is followed back through registers and memory to the probe_read that brought it.
 */
export function decidingBytes(trace: Trace): Deciding | undefined {
  const said = trace.calls.findLast(({ name }) => name.startsWith("bpf_trace_"));
  const end = said?.step ?? trace.states - 1;
  for (let step = end - 1; step >= 0; step--) {
    const instruction = instructionAt(trace, step);
    if (instruction === undefined) continue;
    const { does } = formOf(instruction);
    if (does.kind !== "jump-if") continue;
    const compared = does.source === "reg" ? [instruction.dst, instruction.src] : [instruction.dst];
    const bytes = followBack(
      trace,
      compared.map((register) => ({ register, before: step })),
    );
    if (bytes.length > 0) return { step, bytes };
  }
  return undefined;
}

function instructionAt({ program, slotAt }: Trace, step: number) {
  return program.instructions[program.lowered.bySlot[slotAt(step)] ?? -1];
}

function followBack(trace: Trace, first: readonly Wanted[]): Deciding["bytes"] {
  const wanted = [...first];
  const found = new Map<string, { readonly offset: number; readonly size: number }>();
  for (let looks = 0; wanted.length > 0 && looks < MOST_LOOKS; ) {
    const one = wanted.pop();
    if (one === undefined) break;
    const depth = trace.depthAt(one.before);
    for (let step = one.before - 1; step >= 0 && looks < MOST_LOOKS; step--) {
      looks += 1;
      if (trace.depthAt(step) !== depth) break;
      const from = writes(trace, step, one.register);
      if (from === "no") continue;
      if (from.load !== undefined) {
        const read = imageBytes(trace, step, from.load);
        if (read !== undefined) found.set(`${read.offset}:${read.size}`, read);
      }
      wanted.push(...from.registers.map((register) => ({ register, before: step })));
      break;
    }
  }
  return [...found.values()];
}

type Origin = {
  readonly registers: readonly number[];
  readonly load: { readonly base: number; readonly offset: number; readonly size: number } | undefined;
};

/** What a step makes of a register; `no` where it leaves it alone. */
function writes(trace: Trace, step: number, register: number): Origin | "no" {
  const instruction = instructionAt(trace, step);
  if (instruction === undefined) return "no";
  const { does } = formOf(instruction);
  const { dst, src, offset } = instruction;
  if (does.kind === "call") return register <= CALL_CLOBBERS ? { registers: [], load: undefined } : "no";
  if (dst !== register) return "no";
  switch (does.kind) {
    case "alu": {
      const own = does.op === "mov" ? [] : [dst];
      return { registers: does.source === "reg" ? [...own, src] : own, load: undefined };
    }
    case "move-signed":
      return { registers: [src], load: undefined };
    case "byte-order":
      return { registers: [dst], load: undefined };
    case "load":
      return { registers: [], load: { base: src, offset, size: does.bytes } };
    case "load-imm64":
      return { registers: [], load: undefined };
    default:
      return "no";
  }
}

/** The image's bytes that lie where a load reads, where the last store to it was a probe_read. */
function imageBytes(trace: Trace, step: number, load: NonNullable<Origin["load"]>) {
  const address = (trace.registersAt(step)[load.base] ?? 0n) + BigInt(load.offset);
  const call = trace.calls.findLast((one) => {
    const [to = 0n, size = 0n] = one.registers;
    return one.step < step && one.image !== undefined && to <= address && address < to + (size & 0xffffffffn);
  });
  if (call?.image === undefined) return undefined;
  const into = Number(address - (call.registers[0] ?? 0n));
  return { offset: call.image.offset + into, size: load.size };
}
