import type { Machine } from "#bpf-vm/machine.ts";
import type { Region, RegionKind } from "#bpf-vm/memory/region.ts";
import { WriteWatch } from "#bpf-vm/memory/write-watch.ts";
import type { RunObserver } from "#bpf-vm/observer.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { helperName } from "#isa/helpers.ts";
import { Growing, RegisterLog } from "./register-log.ts";

/** Instructions that a record holds; what comes after them is run and not recorded. */
export const MOST_STEPS = 2_000_000;
/** A store of more bytes than this is noted as a copy of the image's where it is one. */
const COPIED = 4096;
/** The name of the region with the image, as `runLoaded` calls it. */
const IMAGE = "image";

/** A store: the bytes that were there after the step. */
export type Store = {
  readonly step: number;
  readonly offset: number;
  readonly size: number;
  /** The first of them, up to `COPIED`. */
  readonly bytes: Uint8Array;
};

/** Memory that a run has written to. */
export type WrittenRegion = {
  readonly name: string;
  readonly kind: RegionKind;
  readonly size: number;
  /** What was there before the first store, as far as there was anything. */
  readonly before: Uint8Array;
  readonly stores: readonly Store[];
};

/** A call of a helper or kfunc. */
export type Call = {
  readonly step: number;
  readonly slot: number;
  readonly name: string;
  /** R1 to R5 at the call, unsigned. */
  readonly registers: readonly bigint[];
  /** The bytes of the image that it reads, where it reads some; they may reach beyond its end. */
  readonly image: { readonly offset: number; readonly size: number } | undefined;
};

type OpenRegion = WrittenRegion & { readonly stores: Store[] };
type Pending = { readonly region: Region; readonly offset: number; readonly size: number };

/** Takes down a run, so that every moment of it can be looked at. */
export class Recorder implements RunObserver {
  readonly stores: WriteWatch;
  readonly slots = new Growing();
  readonly depths = new Growing();
  readonly registers = new RegisterLog();
  readonly calls: Call[] = [];
  readonly #names: ReadonlyMap<number, string>;
  readonly #regions = new Map<Region, OpenRegion>();
  #pending: Pending[] = [];
  #machine: Machine | undefined;
  #steps = 0;

  constructor(program: LoadedProgram) {
    this.#names = callNames(program);
    this.stores = new NotedStores((region, offset, size) => this.#note(region, offset, size));
  }

  get regions(): readonly WrittenRegion[] {
    return [...this.#regions.values()];
  }

  /** Instructions that were carried out, recorded or not. */
  get executed(): number {
    return this.#steps;
  }

  begin(machine: Machine): void {
    this.#machine = machine;
  }

  step(slot: number, registers: Int32Array, depth: number): void {
    const step = this.#steps++;
    if (step >= MOST_STEPS) return;
    this.#settle(step - 1);
    this.slots.push(slot);
    this.depths.push(depth);
    this.registers.note(registers);
    const name = this.#names.get(slot);
    if (name !== undefined) this.calls.push(this.#call(step, slot, name, registers));
  }

  end(registers: Int32Array): void {
    if (this.#steps > MOST_STEPS) return;
    this.#settle(this.#steps - 1);
    this.registers.note(registers);
  }

  #call(step: number, slot: number, name: string, registers: Int32Array): Call {
    const value = (r: number) =>
      (BigInt((registers[2 * r + 1] ?? 0) >>> 0) << 32n) | BigInt((registers[2 * r] ?? 0) >>> 0);
    const found = name.startsWith("bpf_probe_read")
      ? this.#machine?.memory.beside(registers[7] ?? 0, registers[6] ?? 0)
      : undefined;
    const image =
      found?.region.name === IMAGE ? { offset: found.offset, size: (registers[4] ?? 0) >>> 0 } : undefined;
    return { step, slot, name, registers: [1, 2, 3, 4, 5].map(value), image };
  }

  #note(region: Region, offset: number, size: number): void {
    if (this.#steps > MOST_STEPS) return;
    if (!this.#regions.has(region)) {
      const { name, kind, size: whole } = region;
      this.#regions.set(region, {
        name,
        kind,
        size: whole,
        before: region.bytes.slice(0, COPIED),
        stores: [],
      });
    }
    this.#pending.push({ region, offset, size });
  }

  /** The stores of the step before have been carried out by now. */
  #settle(step: number): void {
    for (const { region, offset, size } of this.#pending) {
      const bytes = region.bytes.slice(offset, offset + Math.min(size, COPIED));
      this.#regions.get(region)?.stores.push({ step, offset, size, bytes });
    }
    if (this.#pending.length > 0) this.#pending = [];
  }
}

/** Hands each store on, beside what the usual watch does. */
class NotedStores extends WriteWatch {
  readonly #hear: (region: Region, offset: number, size: number) => void;

  constructor(hear: (region: Region, offset: number, size: number) => void) {
    super();
    this.#hear = hear;
  }

  override note(region: Region, offset: number, size: number): void {
    super.note(region, offset, size);
    this.#hear(region, offset, size);
  }
}

function callNames({ lowered, kfuncs }: LoadedProgram): ReadonlyMap<number, string> {
  return new Map(
    lowered.calls.map(({ target, id, instruction }) => {
      const name = target === "helper" ? helperName(id) : kfuncs.get(instruction);
      return [instruction, name ?? `${target} ${id}`];
    }),
  );
}
