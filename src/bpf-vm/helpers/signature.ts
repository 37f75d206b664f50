import type { BufferParts } from "#bpf-vm/emitted-buffer.ts";
import type { FaultReason } from "#bpf-vm/fault.ts";
import type { Machine } from "#bpf-vm/machine.ts";
import type { MapInstance } from "#bpf-vm/maps/instance.ts";
import type { Region } from "#bpf-vm/memory/region.ts";
import type { Write } from "#bpf-vm/memory/write-watch.ts";

/**
 * What a helper or kfunc takes in one register, as the verifier would see to it. What does not fit is
 * a fault before the helper runs.
 */
export type ArgumentType =
  /** Any 64 bits. */
  | "number"
  /** A map object, by LD_IMM64. */
  | "map"
  /** The first byte of a record that the program holds. */
  | "record"
  /** A parser context that the program holds. */
  | "parser-context"
  /** Memory that the program may load from; its size is the next argument. */
  | "bytes-in"
  /** Memory that the program may store to, written by the helper; its size is the next argument. */
  | "bytes-out"
  /** The size of the argument before: 1 to 2^29. */
  | "size"
  /** The same, or 0; the memory is then not looked at. */
  | "size-or-zero"
  /** As `size-or-zero`, of a C int: the high half is not looked at, and below 0 counts as 0. */
  | "int-size"
  /** Memory as long as the map's keys, which is the first argument. */
  | "key"
  /** Memory as long as the map's values. */
  | "value"
  /** Eight bytes that the helper writes. */
  | "u64-out"
  /** The address of a function of the program. */
  | "function";

/** A call under way: the arguments, found good, and the way to answer. Arguments count from 1. */
export interface HelperCall {
  readonly machine: Machine;
  /** The slot of the call instruction. */
  readonly instruction: number;
  low(n: number): number;
  high(n: number): number;
  /** Unsigned; rounded where it is above 2^53. */
  number(n: number): number;
  /** The low half, signed. */
  int(n: number): number;
  big(n: number): bigint;
  /** The memory of a `bytes-in`, `bytes-out`, `key`, `value` or `u64-out`, as a view that the next allocation may outdate. */
  bytes(n: number): Uint8Array;
  /** A copy of the memory of a `bytes-in`, for longer than the run. */
  taken(n: number): BufferParts;
  /** Copies to the memory of a `bytes-out` what the kernel sees at an address; false where it would fault. */
  fill(n: number, high: number, low: number): boolean;
  /** Zeros the memory of a `bytes-out`. */
  clear(n: number): void;
  /** Who stored the memory of a `bytes-in`, where the run watches for it. */
  writes(n: number): readonly Write[] | undefined;
  /** The region of a `record` or `parser-context`. */
  region(n: number): Region;
  map(n: number): MapInstance;
  /** Calls the program's function in argument `n` with two arguments; gives its R0, unsigned. */
  callback(n: number, first: number, second: { readonly high: number; readonly low: number }): bigint;
  /** Ends the program. */
  fault(reason: FaultReason, detail: string): never;
}

/** A function of the kernel that programs call. */
export type Callee = {
  /** As C has it, with `bpf_`. */
  readonly name: string;
  readonly arguments: readonly ArgumentType[];
  /** R0: a whole number within ±2^53, the address of a region's first byte, or NULL. */
  readonly run: (call: HelperCall) => number | Region | null;
};
