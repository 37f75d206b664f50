import type { BufferParts } from "#bpf-vm/emitted-buffer.ts";
import { type FaultReason, FaultSignal } from "#bpf-vm/fault.ts";
import { big, set, unsigned } from "#bpf-vm/interpreter/int64.ts";
import type { Machine } from "#bpf-vm/machine.ts";
import { isModelled } from "#bpf-vm/maps/definition.ts";
import type { MapInstance } from "#bpf-vm/maps/instance.ts";
import { REGION_LOW } from "#bpf-vm/memory/memory.ts";
import type { Region } from "#bpf-vm/memory/region.ts";
import type { Write } from "#bpf-vm/memory/write-watch.ts";
import type { ArgumentType, Callee, HelperCall } from "./signature.ts";

/** As the verifier has it (BPF_MAX_VAR_SIZ), in bytes. */
const MAX_SIZE = 1 << 29;
const NO_BYTES = new Uint8Array(0);

/** What an argument names. Kept for the next call: making these anew took longer than all the rest of a short one. */
type Found = { region: Region | undefined; offset: number; size: number };

/** R0 has one, too, that stays empty. */
function noneFound(): Found[] {
  return Array.from({ length: 6 }, () => ({ region: undefined, offset: 0, size: 0 }));
}

/** Calls the function of the program in a slot; R0 is its answer. */
export type Callback = (slot: number, prepare: () => void) => void;

/** Checks a call's arguments against the callee's signature and stands between it and the registers. */
export class CallFrame implements HelperCall {
  readonly machine: Machine;
  instruction = 0;
  readonly #registers: () => Int32Array;
  readonly #callback: Callback;
  /** What the arguments name, for each function of the program that a helper is in the middle of calling. */
  readonly #levels: Found[][] = [noneFound()];
  #level = 0;
  #found = this.#levels[0] as Found[];
  #callee: Callee | undefined;

  /** @param registers is asked at each use: memory that grows may move them */
  constructor(machine: Machine, registers: () => Int32Array, callback: Callback) {
    this.machine = machine;
    this.#registers = registers;
    this.#callback = callback;
  }

  /** Begins a run: the one before may have ended in the middle of calls. */
  reset(): void {
    this.#level = 0;
    this.#found = this.#levels[0] as Found[];
  }

  /** @throws FaultSignal naming the callee */
  run(callee: Callee, instruction: number): void {
    this.instruction = instruction;
    if (this.machine.memory.watch !== undefined) this.machine.memory.watch.slot = instruction;
    this.#callee = callee;
    this.#check(callee.arguments);
    const answer = callee.run(this);
    const r = this.#registers();
    if (typeof answer === "object") {
      r[0] = answer === null ? 0 : REGION_LOW;
      r[1] = answer === null ? 0 : answer.high;
    } else set(r, 0, answer);
  }

  low(n: number): number {
    return this.#registers()[2 * n] ?? 0;
  }

  high(n: number): number {
    return this.#registers()[2 * n + 1] ?? 0;
  }

  number(n: number): number {
    return unsigned(this.#registers(), 2 * n);
  }

  int(n: number): number {
    return this.#registers()[2 * n] ?? 0;
  }

  big(n: number): bigint {
    return big(this.#registers(), 2 * n);
  }

  bytes(n: number): Uint8Array {
    const { region, offset, size } = this.#argument(n);
    if (region === undefined) return NO_BYTES;
    if (region.borrowed !== undefined) region.reach(offset + size);
    return region.bytes.subarray(offset, offset + size);
  }

  taken(n: number): BufferParts {
    const { region, offset, size } = this.#argument(n);
    const lent = region?.lentPart(offset + size);
    if (lent === undefined || lent.at < offset) return { head: this.machine.copyOf(this.bytes(n)) };
    const own = region?.bytes.subarray(offset, lent.at) ?? NO_BYTES;
    return { head: this.machine.copyOf(own), tail: lent.bytes };
  }

  fill(n: number, high: number, low: number): boolean {
    const { region, offset, size } = this.#argument(n);
    return region === undefined || this.machine.memory.copy(high, low, size, region, offset);
  }

  clear(n: number): void {
    const { region, offset, size } = this.#argument(n);
    region?.clear(offset, offset + size);
  }

  writes(n: number): readonly Write[] | undefined {
    const { region, offset, size } = this.#argument(n);
    const { watch } = this.machine.memory;
    return region && watch?.within(region, offset, size);
  }

  region(n: number): Region {
    const { region } = this.#argument(n);
    if (region === undefined) throw new Error(`argument ${n} of ${this.#callee?.name} is no region`);
    return region;
  }

  map(n: number): MapInstance {
    const map = this.machine.mapOf(this.region(n));
    if (map === undefined) throw new Error(`argument ${n} of ${this.#callee?.name} is no map`);
    return map;
  }

  callback(n: number, first: number, second: { readonly high: number; readonly low: number }): bigint {
    const { instruction } = this;
    const callee = this.#callee;
    const slot = this.#argument(n).offset / 8;
    // The function may call helpers of its own.
    this.#descend(1);
    this.#callback(slot, () => {
      const r = this.#registers();
      set(r, 2, first);
      r[4] = second.low;
      r[5] = second.high;
    });
    this.#descend(-1);
    this.instruction = instruction;
    this.#callee = callee;
    return this.big(0);
  }

  #descend(levels: 1 | -1): void {
    this.#level += levels;
    this.#found = this.#levels[this.#level] ??= noneFound();
  }

  fault(reason: FaultReason, detail: string): never {
    throw new FaultSignal({ reason, detail });
  }

  #argument(n: number): Found {
    return this.#found[n] as Found;
  }

  #note(n: number, region: Region, offset: number, size: number): void {
    const found = this.#argument(n);
    found.region = region;
    found.offset = offset;
    found.size = size;
  }

  #check(types: readonly ArgumentType[]): void {
    for (const found of this.#found) found.region = undefined;
    for (let n = 1; n <= types.length; n++) {
      const type = types[n - 1] ?? "number";
      if (type !== "number") this.#resolve(n, type);
    }
  }

  #resolve(n: number, type: Exclude<ArgumentType, "number">): void {
    switch (type) {
      case "map":
        this.#exactly(n, "map-object", "a map");
        this.#modelled(n);
        return;
      case "record":
        this.#held(n, "record", "a record");
        return;
      case "parser-context":
        this.#held(n, "parser-context", "a parser context");
        return;
      case "bytes-in":
        this.#memory(n, this.#sizeOf(n), false);
        return;
      case "bytes-out":
        this.#memory(n, this.#sizeOf(n), true);
        return;
      case "size":
        if (this.#size(n) === 0) this.#refuse(n, "a size of 0");
        return;
      case "size-or-zero":
      case "int-size":
        // Looked at with the memory before it.
        return;
      case "key":
        this.#memory(n, this.map(1).definition.keySize, false);
        return;
      case "value":
        this.#memory(n, this.map(1).definition.valueSize, false);
        return;
      case "u64-out":
        this.#memory(n, 8, true);
        return;
      case "function": {
        const at = this.machine.memory.at(this.high(n), this.low(n));
        if (at?.region.kind !== "code") this.#refuse(n, "not the address of a function");
        this.#note(n, at.region, at.offset, 8);
      }
    }
  }

  /** Of the memory in argument `n`. */
  #sizeOf(n: number): number {
    return this.#callee?.arguments[n] === "int-size" ? Math.max(0, this.int(n + 1)) : this.#size(n + 1);
  }

  #size(n: number): number {
    const size = this.number(n);
    if (size > MAX_SIZE) this.#refuse(n, `a size of 0x${this.big(n).toString(16)}`);
    return size;
  }

  #memory(n: number, size: number, write: boolean): void {
    if (size === 0) return;
    const { memory } = this.machine;
    if (write) memory.toWrite(this.high(n), this.low(n), size);
    else memory.toHandOver(this.high(n), this.low(n), size);
    this.#note(n, memory.region, memory.offset, size);
  }

  #modelled(n: number): void {
    const { definition } = this.map(n);
    if (isModelled(definition)) return;
    const detail = `map ${definition.name} is of type ${definition.type}, which is not modelled here`;
    this.fault("not-modelled", detail);
  }

  #held(n: number, kind: "record" | "parser-context", what: string): void {
    const { live, name } = this.#exactly(n, kind, what);
    if (!live) this.fault("use-after-release", `argument ${n} of ${this.#callee?.name}: ${name} is gone`);
  }

  /** The first byte of a region of this kind. */
  #exactly(n: number, kind: Region["kind"], what: string): Region {
    const found = this.machine.memory.at(this.high(n), this.low(n));
    if (found?.region.kind !== kind) this.#refuse(n, `not ${what}`);
    if (found.offset !== 0) this.#refuse(n, `offset ${found.offset} of ${found.region.name}`);
    this.#note(n, found.region, 0, found.region.size);
    return found.region;
  }

  #refuse(n: number, why: string): never {
    return this.fault("bad-argument", `argument ${n} of ${this.#callee?.name}: ${why}`);
  }
}
