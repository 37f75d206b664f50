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

type Found = { readonly region: Region; readonly offset: number; readonly size: number };

/** Calls the function of the program in a slot; R0 is its answer. */
export type Callback = (slot: number, prepare: () => void) => void;

/** Checks a call's arguments against the callee's signature and stands between it and the registers. */
export class CallFrame implements HelperCall {
  readonly machine: Machine;
  instruction = 0;
  readonly #registers: () => Int32Array;
  readonly #callback: Callback;
  #found: (Found | undefined)[] = [];
  #callee: Callee | undefined;

  /** @param registers is asked at each use: memory that grows may move them */
  constructor(machine: Machine, registers: () => Int32Array, callback: Callback) {
    this.machine = machine;
    this.#registers = registers;
    this.#callback = callback;
  }

  /** @throws FaultSignal naming the callee */
  run(callee: Callee, instruction: number): void {
    this.instruction = instruction;
    if (this.machine.memory.watch !== undefined) this.machine.memory.watch.slot = instruction;
    this.#callee = callee;
    this.#found = [];
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
    const found = this.#found[n];
    return found === undefined
      ? NO_BYTES
      : found.region.bytes.subarray(found.offset, found.offset + found.size);
  }

  writes(n: number): readonly Write[] | undefined {
    const found = this.#found[n];
    const { watch } = this.machine.memory;
    return found && watch?.within(found.region, found.offset, found.size);
  }

  region(n: number): Region {
    const found = this.#found[n];
    if (found === undefined) throw new Error(`argument ${n} of ${this.#callee?.name} is no region`);
    return found.region;
  }

  map(n: number): MapInstance {
    const map = this.machine.mapOf(this.region(n));
    if (map === undefined) throw new Error(`argument ${n} of ${this.#callee?.name} is no map`);
    return map;
  }

  callback(n: number, first: number, second: { readonly high: number; readonly low: number }): bigint {
    const { instruction } = this;
    const found = this.#found;
    const callee = this.#callee;
    this.#callback((found[n]?.offset ?? 0) / 8, () => {
      const r = this.#registers();
      set(r, 2, first);
      r[4] = second.low;
      r[5] = second.high;
    });
    // The function may have called helpers of its own.
    this.instruction = instruction;
    this.#found = found;
    this.#callee = callee;
    return this.big(0);
  }

  fault(reason: FaultReason, detail: string): never {
    throw new FaultSignal({ reason, detail });
  }

  #check(types: readonly ArgumentType[]): void {
    for (let n = 1; n <= types.length; n++) {
      const type = types[n - 1] ?? "number";
      if (type !== "number") this.#found[n] = this.#resolve(n, type);
    }
  }

  #resolve(n: number, type: Exclude<ArgumentType, "number">): Found | undefined {
    switch (type) {
      case "map":
        return this.#modelled(this.#exactly(n, "map-object", "a map"));
      case "record":
        return this.#held(n, "record");
      case "parser-context":
        return this.#held(n, "parser-context");
      case "bytes-in":
        return this.#memory(n, this.#sizeOf(n), false);
      case "bytes-out":
        return this.#memory(n, this.#sizeOf(n), true);
      case "size":
        return this.#size(n) === 0 ? this.#refuse(n, "a size of 0") : undefined;
      case "size-or-zero":
      case "int-size":
        // Looked at with the memory before it.
        return undefined;
      case "key":
        return this.#memory(n, this.map(1).definition.keySize, false);
      case "value":
        return this.#memory(n, this.map(1).definition.valueSize, false);
      case "u64-out":
        return this.#memory(n, 8, true);
      case "function": {
        const at = this.machine.memory.at(this.high(n), this.low(n));
        if (at?.region.kind !== "code") this.#refuse(n, "not the address of a function");
        return { ...at, size: 8 };
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

  #memory(n: number, size: number, write: boolean): Found | undefined {
    if (size === 0) return undefined;
    const { memory } = this.machine;
    if (write) memory.toWrite(this.high(n), this.low(n), size);
    else memory.toHandOver(this.high(n), this.low(n), size);
    return { region: memory.region, offset: memory.offset, size };
  }

  #modelled(found: Found): Found {
    const definition = this.machine.mapOf(found.region)?.definition;
    if (definition !== undefined && !isModelled(definition)) {
      const detail = `map ${definition.name} is of type ${definition.type}, which is not modelled here`;
      this.fault("not-modelled", detail);
    }
    return found;
  }

  #held(n: number, kind: "record" | "parser-context"): Found {
    const what = kind === "record" ? "a record" : "a parser context";
    const found = this.#exactly(n, kind, what);
    if (!found.region.live) {
      this.fault("use-after-release", `argument ${n} of ${this.#callee?.name}: ${found.region.name} is gone`);
    }
    return found;
  }

  /** The first byte of a region of this kind. */
  #exactly(n: number, kind: Region["kind"], what: string): Found {
    const found = this.machine.memory.at(this.high(n), this.low(n));
    if (found?.region.kind !== kind) this.#refuse(n, `not ${what}`);
    if (found.offset !== 0) this.#refuse(n, `offset ${found.offset} of ${found.region.name}`);
    // Not by spreading, which takes longer than all the rest of a short call.
    return { region: found.region, offset: 0, size: found.region.size };
  }

  #refuse(n: number, why: string): never {
    return this.fault("bad-argument", `argument ${n} of ${this.#callee?.name}: ${why}`);
  }
}
