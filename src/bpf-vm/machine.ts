import type { EmittedBuffer } from "./emitted-buffer.ts";
import { type Injection, Injector } from "./injection.ts";
import type { MapDefinition } from "./maps/definition.ts";
import { MapInstance } from "./maps/instance.ts";
import { Memory } from "./memory/memory.ts";
import type { Region } from "./memory/region.ts";
import type { WriteWatch } from "./memory/write-watch.ts";

/** Something that the program has to give back. */
export type HeldReference = {
  readonly kind: "record" | "parser-context";
  readonly name: string;
  /** The slot of the call that gave it out. */
  readonly acquiredAt: number;
};

/** A probe_read that reaches beyond the buffer in which it begins: on a real kernel, into whatever lies there. */
export type StrayRead = {
  /** The region's name: `image`. */
  readonly region: string;
  /** Bytes. */
  readonly regionSize: number;
  /** Of the first byte asked for, from the region's start; negative in the gap before it. */
  readonly offset: number;
  readonly size: number;
  /** The slot of the call. */
  readonly instruction: number;
};

/** Bytes. */
const CHUNK = 1 << 15;

/** What is different from one run to the next. */
export type MachineOptions = {
  readonly injection: Injection | undefined;
  /** Default 1. */
  readonly parserId: number | undefined;
  /** What is told of every store: it takes time. */
  readonly watch: WriteWatch | undefined;
};

/** All state of one run: memory, maps, what is held, what came out. `begin` makes it a new one's. */
export class Machine {
  readonly memory = new Memory();
  readonly maps: readonly MapInstance[];
  /** One entry a printk, without a line break at its end. */
  trace: string[] = [];
  /** The slot of the last printk's call, and the address of its format. */
  lastPrintk: { readonly instruction: number; readonly high: number; readonly low: number } | undefined;
  strayReads: StrayRead[] = [];
  /** What is held, by the region that stands for it. */
  readonly references = new Map<Region, HeldReference>();
  buffers: EmittedBuffer[] = [];
  injector = new Injector({});
  /** The ring of each reserve that was asked for, in order. */
  rings: MapInstance[] = [];
  /** The parser id that `bpf_get_parser_context` knows. */
  parserId = 1;
  /** Where short runs of bytes come from: memory for each would take longer than all the rest of sending it. */
  #chunk = new Uint8Array(0);
  #chunkUsed = 0;
  #byObject: ReadonlyMap<Region, MapInstance>;

  constructor(maps: readonly MapDefinition[]) {
    this.maps = maps.map((definition) => new MapInstance(this.memory, definition));
    this.#byObject = new Map(this.maps.map((map) => [map.object, map]));
  }

  /** Begins a run. What the one before gave out is not touched any more; its regions are. */
  begin({ injection = {}, parserId = 1, watch }: MachineOptions): void {
    this.memory.reset();
    this.memory.watch = watch;
    for (const map of this.maps) map.reset();
    this.trace = [];
    this.lastPrintk = undefined;
    this.strayReads = [];
    if (this.references.size > 0) this.references.clear();
    this.buffers = [];
    this.injector = new Injector(injection);
    this.rings = [];
    this.parserId = parserId;
  }

  /** A copy of bytes, for longer than the run. */
  copyOf(bytes: Uint8Array): Uint8Array {
    const copy = this.zeroed(bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** So many bytes, for longer than the run. */
  zeroed(length: number): Uint8Array {
    if (length > CHUNK / 8) return new Uint8Array(length);
    if (length > this.#chunk.length - this.#chunkUsed) {
      this.#chunk = new Uint8Array(CHUNK);
      this.#chunkUsed = 0;
    }
    const start = this.#chunkUsed;
    this.#chunkUsed += length;
    return this.#chunk.subarray(start, this.#chunkUsed);
  }

  /** The map that an object's region stands for. */
  mapOf(object: Region): MapInstance | undefined {
    return this.#byObject.get(object);
  }

  /** Notes that the program holds what `region` stands for. */
  acquire(region: Region, reference: HeldReference): void {
    this.references.set(region, reference);
  }

  /** Ends the program's hold; false where it has none. */
  release(region: Region): boolean {
    region.release();
    return this.references.delete(region);
  }
}
