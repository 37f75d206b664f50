import type { Instruction } from "#isa/instruction.ts";
import { bits64, extractBits, plus, signExtend, zeroExtend } from "#prove/terms/bits.ts";
import { type Bits, FALSE } from "#prove/terms/term.ts";
import type { ExecutionContext } from "./context.ts";
import { isWithin, load, type SymbolicMemory, write } from "./memory.ts";
import { fault, unknown } from "./problem.ts";
import { type PathState, register, withCondition, withMemory, withRegister } from "./state.ts";
import { number, type Pointer, type Value } from "./value.ts";

/** The memory that a value points into. Anything else is a fault. */
export function memoryOf(
  state: PathState,
  value: Value,
): { readonly memory: SymbolicMemory; readonly at: Bits } {
  if (value.kind !== "pointer") return fault("uses as an address what is not a pointer");
  const memory = state.memories.get(value.to);
  if (memory === undefined) return fault(`uses ${value.to} as memory, which it may not or may no longer`);
  return { memory, at: value.offset };
}

/**
 * Requires that bytes lie within a memory. What comes after may take it for true: where it is not, the
 * obligation fails.
 */
export function requireWithin(
  executor: ExecutionContext,
  state: PathState,
  memory: SymbolicMemory,
  at: Bits,
  size: Bits,
  what: string,
): PathState {
  const claim = isWithin(memory, at, size);
  executor.require(state, "access", `${what} within ${memory.name}`, claim);
  return claim === FALSE ? fault(`${what} outside ${memory.name}`) : withCondition(state, claim);
}

export function loadFrom(
  executor: ExecutionContext,
  before: PathState,
  { dst, src, offset }: Instruction,
  does: { readonly bytes: number; readonly signed: boolean },
): PathState {
  const { memory, at: base } = memoryOf(before, register(before, src));
  const at = plus(base, bits64(offset));
  const state = requireWithin(executor, before, memory, at, bits64(does.bytes), `loads ${does.bytes} bytes`);
  const loaded = load(memory, at, does.bytes);
  switch (loaded.kind) {
    case "pointer":
      return withRegister(state, dst, loaded.pointer);
    case "torn":
      return unknown("loads a part of a pointer");
    case "bits":
      executor.require(state, "access", `loads what was written to ${memory.name}`, loaded.written);
      return withRegister(
        state,
        dst,
        number(
          executor.bitsIn(state, does.signed ? signExtend(loaded.bits, 64) : zeroExtend(loaded.bits, 64)),
        ),
      );
  }
}

export function storeTo(
  executor: ExecutionContext,
  before: PathState,
  { dst, offset }: Instruction,
  bytes: number,
  value: Value,
): PathState {
  const { memory, at: base } = memoryOf(before, register(before, dst));
  const at = plus(base, bits64(offset));
  if (!memory.writable) return fault(`stores to ${memory.name}, which is not for writing`);
  const state = requireWithin(executor, before, memory, at, bits64(bytes), `stores ${bytes} bytes`);
  if (value.kind === "number") {
    return withMemory(
      state,
      write(memory, { kind: "bits", at, bits: extractBits(value.bits, 0, 8 * bytes) }),
    );
  }
  if (value.kind === "unreadable") return fault("stores a register that holds nothing");
  return withMemory(state, storedPointer(memory, at, bytes, value));
}

function storedPointer(memory: SymbolicMemory, at: Bits, bytes: number, value: Pointer): SymbolicMemory {
  if (bytes !== 8 || at.kind !== "constant")
    return unknown("stores a part of a pointer, or one at an unknown place");
  if (memory.kind !== "stack") return fault(`stores an address to ${memory.name}`);
  return write(memory, { kind: "pointer", at, pointer: value });
}
