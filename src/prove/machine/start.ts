import { BPF_F_RDONLY_PROG, isModelled, MapType } from "#bpf-vm/maps/definition.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { ContextLayout } from "#bpf-vm/run-parser.ts";
import { bits64, extractBits } from "#prove/terms/bits.ts";
import { ARGUMENTS, CONTEXT, IMAGE, imageSize } from "#prove/terms/names.ts";
import type { Truth } from "#prove/terms/term.ts";
import { compare } from "#prove/terms/truth.ts";
import { framePointer, newStack } from "./frames.ts";
import { mapValueName } from "./immediate.ts";
import { type SymbolicMemory, write } from "./memory.ts";
import { NOTHING_DENIED, type PathState } from "./state.ts";
import { pointer, UNREADABLE_VALUE, type Value } from "./value.ts";

const POINTER_SIZE = 8;

/**
 * The states in which a kernel calls a parser: with an image of any size that its context can say, and with none. An image is never
 * larger than half the address space.
 */
export function startStates(program: LoadedProgram, layout: ContextLayout): readonly PathState[] {
  return [startState(program, layout, true), startState(program, layout, false)];
}

function startState(program: LoadedProgram, layout: ContextLayout, hasImage: boolean): PathState {
  const memories = new Map<string, SymbolicMemory>();
  const keep = (memory: SymbolicMemory) => memories.set(memory.name, memory);
  keep(newStack(0));
  keep(argumentsMemory());
  keep(contextMemory(layout, hasImage));
  for (const [place, map] of program.maps.entries()) {
    if (map.type === MapType.ARRAY && isModelled(map)) keep(mapValue(program, place));
  }
  const registers: Value[] = Array.from({ length: 11 }, () => UNREADABLE_VALUE);
  registers[1] = pointer(ARGUMENTS, bits64(0));
  registers[10] = framePointer(0);
  return {
    ...{ slot: 0, registers, frames: [], memories, held: new Map(), sent: [] },
    ...{ reserves: 0, rings: new Map(), loops: [], openLoops: [], turnOf: undefined, trail: undefined },
    conditions: [sizeIsPossible(layout)],
    denials: { ...NOTHING_DENIED, noImage: !hasImage },
  };
}

/** What the context's member can say; where it is an int, sizes are below 2^31. */
function sizeIsPossible({ length }: ContextLayout): Truth {
  const most = length.size === POINTER_SIZE ? 1n << 62n : (1n << 31n) - 1n;
  return compare("ule", imageSize(), bits64(most));
}

function argumentsMemory(): SymbolicMemory {
  const memory: SymbolicMemory = {
    name: ARGUMENTS,
    kind: "context",
    size: 2 * POINTER_SIZE,
    writable: false,
    written: undefined,
    initially: "unknown",
  };
  return write(memory, { kind: "pointer", at: bits64(0), pointer: pointer(CONTEXT, bits64(0)) });
}

function contextMemory({ size, data, length }: ContextLayout, hasImage: boolean): SymbolicMemory {
  let memory: SymbolicMemory = {
    name: CONTEXT,
    kind: "kernel-object",
    size,
    writable: false,
    written: undefined,
    initially: "unknown",
  };
  memory = write(memory, {
    kind: "bits",
    at: bits64(length.offset),
    bits: extractBits(imageSize(), 0, 8 * length.size),
  });
  const at = bits64(data);
  return hasImage
    ? write(memory, { kind: "pointer", at, pointer: pointer(IMAGE, bits64(0)) })
    : write(memory, { kind: "bits", at, bits: bits64(0) });
}

/** A map of one value; what user space may have changed since is not known. */
function mapValue({ maps }: LoadedProgram, place: number): SymbolicMemory {
  const map = maps[place];
  const readOnly = ((map?.flags ?? 0) & BPF_F_RDONLY_PROG) !== 0;
  const known = readOnly && map?.frozen === true && map.unknownValues !== true;
  return {
    name: mapValueName(place),
    kind: "map-value",
    size: map?.valueSize ?? 0,
    writable: !readOnly,
    written: undefined,
    initially: known ? (map.content ?? new Uint8Array(map.valueSize)) : "unknown",
  };
}
