import { bits64, byteOf, choice, concat, extractBits, minus, plus } from "#prove/terms/bits.ts";
import { boundsOf } from "#prove/terms/bounds.ts";
import { IMAGE, initialName } from "#prove/terms/names.ts";
import { type Bits, constant, FALSE, TRUE, type Truth } from "#prove/terms/term.ts";
import { all, any, compare } from "#prove/terms/truth.ts";
import type { Pointer } from "./value.ts";

/**
 * What was written to a memory, the newest first: states share what they have in common. Nothing is ever spelled out: a
 * payload that was read is one entry, however long.
 */
export type MemoryWrite = { readonly at: Bits; readonly before: MemoryWrite | undefined } & (
  | { readonly kind: "bits"; readonly bits: Bits }
  | { readonly kind: "pointer"; readonly pointer: Pointer }
  /** `length` bytes of the image from `from` on. */
  | { readonly kind: "slice"; readonly length: Bits; readonly from: Bits }
  | { readonly kind: "zeroes"; readonly length: Bits }
  /** Bytes that may be anything, from a memory of that name by the same offsets; and that may not have been written, unless they were. */
  | {
      readonly kind: "anything";
      readonly length: Bits;
      readonly memory: string;
      readonly isWritten: boolean;
    }
);

export type MemoryKind = "stack" | "record" | "context" | "kernel-object" | "map-value";

/** A memory of a program in one state. */
export type SymbolicMemory = {
  readonly name: string;
  readonly kind: MemoryKind;
  /** Bytes. */
  readonly size: number;
  readonly writable: boolean;
  readonly written: MemoryWrite | undefined;
  /**
   * What is there without a write: given bytes; `unknown`, anything; `nothing`, which a program may not load; `garbage`, which it may load
   * but not expect anything of.
   */
  readonly initially: Uint8Array | "unknown" | "nothing" | "garbage";
};

export type Loaded =
  | { readonly kind: "bits"; readonly bits: Bits; readonly written: Truth }
  | { readonly kind: "pointer"; readonly pointer: Pointer }
  /** Part of a pointer, or a pointer where bytes are wanted. */
  | { readonly kind: "torn" };

const BYTE = 8;

/** @param size 1, 2, 4 or 8 bytes */
export function load(memory: SymbolicMemory, at: Bits, size: number): Loaded {
  if (size === 8) {
    const found = pointerAt(memory, at);
    if (found !== undefined) return { kind: "pointer", pointer: found };
  }
  const parts: Bits[] = [];
  let written: Truth = TRUE;
  for (let i = 0; i < size; i++) {
    const byte = byteAt(memory, plus(at, bits64(i)));
    if (byte === undefined) return { kind: "torn" };
    parts.push(byte.bits);
    written = all(written, byte.written);
  }
  return { kind: "bits", bits: concat(parts), written };
}

/** The newest write that may touch these eight bytes, where it is a pointer to just them. */
function pointerAt({ written }: SymbolicMemory, at: Bits): Pointer | undefined {
  for (let write = written; write !== undefined; write = write.before) {
    const distance = minus(at, write.at);
    if (write.kind === "pointer" && distance.kind === "constant" && distance.value === 0n)
      return write.pointer;
    if (!isBeside(distance, 8n, writtenLength(write))) return undefined;
  }
  return undefined;
}

/** True where `size` bytes at this distance from a write of that length surely have none of its bytes. */
function isBeside(distance: Bits, size: bigint, length: Bits): boolean {
  const { most } = boundsOf(length);
  if (distance.kind !== "constant") return most === 0n;
  const before = BigInt.asIntN(64, distance.value);
  return before >= 0n ? before >= most : -before >= size;
}

/** One byte, and whether it was ever given. Undefined for a byte of a pointer. */
export function byteAt(
  memory: SymbolicMemory,
  at: Bits,
): { readonly bits: Bits; readonly written: Truth } | undefined {
  const covering: { readonly when: Truth; readonly bits: Bits }[] = [];
  for (let write = memory.written; write !== undefined; write = write.before) {
    const distance = minus(at, write.at);
    const when = compare("ult", distance, writtenLength(write));
    if (when === FALSE) continue;
    const bits = byteOfWrite(write, distance, at);
    if (bits === undefined) return undefined;
    if (write.kind === "anything" && !write.isWritten) return chosen(covering, bits, FALSE);
    covering.push({ when, bits });
    if (when === TRUE) return chosen(covering, bits, TRUE);
  }
  return chosen(covering, initialByte(memory, at), memory.initially === "nothing" ? FALSE : TRUE);
}

function chosen(
  covering: readonly { readonly when: Truth; readonly bits: Bits }[],
  last: Bits,
  lastWritten: Truth,
): { readonly bits: Bits; readonly written: Truth } {
  let bits = last;
  let written = lastWritten;
  for (const one of [...covering].reverse()) {
    bits = choice(one.when, one.bits, bits);
    written = any(one.when, written);
  }
  return { bits, written };
}

export function writtenLength(write: MemoryWrite): Bits {
  if (write.kind === "bits") return bits64(write.bits.width / BYTE);
  return write.kind === "pointer" ? bits64(8) : write.length;
}

function byteOfWrite(write: MemoryWrite, distance: Bits, at: Bits): Bits | undefined {
  switch (write.kind) {
    case "bits":
      return pick(write.bits, distance);
    case "slice":
      return byteOf(IMAGE, plus(write.from, distance));
    case "zeroes":
      return constant(BYTE, 0n);
    case "anything":
      return byteOf(write.memory, at);
    case "pointer":
      return undefined;
  }
}

function pick(bits: Bits, distance: Bits): Bits {
  const bytes = bits.width / BYTE;
  if (distance.kind === "constant") return extractBits(bits, Number(distance.value) * BYTE, BYTE);
  let picked = extractBits(bits, 0, BYTE);
  for (let i = 1; i < bytes; i++) {
    picked = choice(compare("eq", distance, bits64(i)), extractBits(bits, i * BYTE, BYTE), picked);
  }
  return picked;
}

function initialByte({ initially, name }: SymbolicMemory, at: Bits): Bits {
  if (typeof initially === "string" || at.kind !== "constant") return byteOf(initialName(name), at);
  return constant(BYTE, BigInt(initially[Number(at.value)] ?? 0));
}

/** True where `size` bytes from `at` on are within the memory. */
export function isWithin(memory: SymbolicMemory, at: Bits, size: Bits): Truth {
  const whole = bits64(memory.size);
  const room = minus(whole, at);
  return all(compare("ule", at, whole), compare("ule", size, room));
}

type Shape = MemoryWrite extends infer W ? (W extends MemoryWrite ? Omit<W, "before"> : never) : never;

export function write(memory: SymbolicMemory, what: Shape): SymbolicMemory {
  return { ...memory, written: { ...what, before: memory.written } as MemoryWrite };
}
