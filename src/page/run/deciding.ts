import type { Instruction } from "#isa/instruction.ts";
import { formOf } from "#isa/lookup.ts";
import type { RunRecord } from "./run-record.ts";

/** Why a run came to its last words: the jump that led there, and the bytes of the image that the jump looked at. */
export type Decision = {
  /** Of the printk, or of the last instruction. */
  readonly step: number;
  readonly jump: number;
  readonly bytes: readonly { readonly offset: number; readonly size: number }[];
};

/** Bytes of memory that a value came from. */
type Place = { readonly region: string; readonly offset: number; readonly size: number };

/** What the walk back has still to find the origin of. */
type Wanted = {
  readonly registers: Set<number>;
  places: Place[];
  readonly bytes: Decision["bytes"][number][];
};

/**
 * Goes back from a run's last words to the bytes of the image that decided it: what the last conditional jump before them compared came
 * out of registers, these out of memory, and that out of reads of the image. Undefined where a run says nothing, or looks at no byte.
 */
export function decisionOf(record: RunRecord): Decision | undefined {
  const { recorder, outcome, steps } = record;
  if (outcome.lastPrintk === undefined) return undefined;
  const spoken = lastStepAt(record, outcome.lastPrintk, steps);
  if (spoken === undefined) return undefined;
  const instructions = new Map(record.program.instructions.map((one) => [one.index, one]));
  for (let jump = spoken - 1; jump >= 0; jump--) {
    const instruction = instructions.get(recorder.slots.at(jump));
    if (instruction === undefined || formOf(instruction).does.kind !== "jump-if") continue;
    const bytes = originOf(record, instructions, jump, instruction);
    if (bytes.length > 0) return { step: spoken, jump, bytes };
  }
  return undefined;
}

function lastStepAt({ recorder }: RunRecord, slot: number, before: number): number | undefined {
  for (let step = before - 1; step >= 0; step--) if (recorder.slots.at(step) === slot) return step;
  return undefined;
}

function originOf(
  record: RunRecord,
  instructions: ReadonlyMap<number, Instruction>,
  jump: number,
  { dst, src, opcode }: Instruction,
): Decision["bytes"] {
  const compared = (opcode & 8) !== 0 ? [dst, src] : [dst];
  const wanted: Wanted = { registers: new Set(compared), places: [], bytes: [] };
  const depth = record.recorder.depths.at(jump);
  for (let step = jump - 1; step >= 0; step--) {
    if (wanted.registers.size === 0 && wanted.places.length === 0) break;
    copied(record, step, wanted);
    const instruction = instructions.get(record.recorder.slots.at(step));
    if (instruction !== undefined && record.recorder.depths.at(step) === depth)
      back(record, step, instruction, wanted);
  }
  return wanted.bytes;
}

/** One instruction backwards: what it wrote is wanted no longer, and what it read is. */
function back(record: RunRecord, step: number, instruction: Instruction, wanted: Wanted): void {
  const { dst, src, offset } = instruction;
  const { registers } = wanted;
  const does = formOf(instruction).does;
  if (does.kind === "call") {
    registers.delete(0);
    return;
  }
  if (does.kind === "store") {
    if (does.source === "reg" && stored(record, step, wanted)) registers.add(src);
    return;
  }
  if (!registers.has(dst)) return;
  if (does.kind === "load") {
    registers.delete(dst);
    const base = record.recorder.registers.at(step)[src] ?? 0n;
    const place = record.recorder.placeOf(base + BigInt(offset));
    if (place !== undefined) wanted.places.push({ ...place, size: does.bytes });
  } else if (does.kind === "load-imm64") registers.delete(dst);
  else if (does.kind === "alu") {
    if (does.op === "mov") registers.delete(dst);
    if (does.source === "reg") registers.add(src);
  }
}

/** Whether the step's store wrote a byte that is wanted; it then is wanted no longer. */
function stored(record: RunRecord, step: number, wanted: Wanted): boolean {
  const hits = overlapping(record, step, wanted);
  wanted.places = wanted.places.filter((place) => !hits.some((hit) => hit.place === place));
  return hits.length > 0;
}

/** Where the step read the image into bytes that are wanted, they have been found. */
function copied(record: RunRecord, step: number, wanted: Wanted): void {
  const image = record.recorder.imageReads.get(step);
  if (image === undefined) return;
  for (const { place, at } of overlapping(record, step, wanted)) {
    const offset = image.offset + Math.max(0, place.offset - at);
    wanted.bytes.push({ offset, size: Math.min(place.size, image.size) });
    wanted.places = wanted.places.filter((one) => one !== place);
  }
}

function overlapping(record: RunRecord, step: number, { places }: Wanted) {
  const stores = record.recorder.storesOf(step);
  return places.flatMap((place) => {
    const store = stores.find(
      ({ region, offset, size }) =>
        region === place.region && offset < place.offset + place.size && place.offset < offset + size,
    );
    return store === undefined ? [] : [{ place, at: store.offset }];
  });
}
