import { type Injection, Injector } from "./injection.ts";
import type { MapDefinition } from "./maps/definition.ts";
import { MapInstance } from "./maps/instance.ts";
import { Memory } from "./memory/memory.ts";
import type { Region } from "./memory/region.ts";
import { type Write, WriteWatch } from "./memory/write-watch.ts";

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

/** A buffer that the program handed to the kernel. */
export type EmittedBuffer = {
  /** A copy. */
  readonly bytes: Uint8Array;
  /** False where the kernel was told to refuse it. */
  readonly accepted: boolean;
  /** The slot of the call. */
  readonly instruction: number;
  /** Who stored its bytes, in order; only where the run watched for it. */
  readonly writes?: readonly Write[];
};

/** All state of one run: memory, maps, what is held, what came out. Made anew for every run. */
export class Machine {
  readonly memory = new Memory();
  readonly maps: readonly MapInstance[];
  /** One entry a printk, without a line break at its end. */
  readonly trace: string[] = [];
  /** The slot of the last printk's call, and the address of its format. */
  lastPrintk: { readonly instruction: number; readonly high: number; readonly low: number } | undefined;
  readonly strayReads: StrayRead[] = [];
  /** What is held, by the region that stands for it. */
  readonly references = new Map<Region, HeldReference>();
  readonly buffers: EmittedBuffer[] = [];
  readonly injector: Injector;
  /** The ring of each reserve that was asked for, in order. */
  readonly rings: MapInstance[] = [];
  /** The parser id that `bpf_get_parser_context` knows. */
  readonly parserId: number;
  #byObject: ReadonlyMap<Region, MapInstance>;

  constructor(options: {
    readonly maps: readonly MapDefinition[];
    readonly injection?: Injection;
    /** Default 1. */
    readonly parserId?: number;
    /** Whether buffers say who stored their bytes. Default false: it takes time. */
    readonly watchWrites?: boolean;
    /** What notes them, where it is not the usual one. */
    readonly watch?: WriteWatch;
  }) {
    const watch = options.watch ?? (options.watchWrites ? new WriteWatch() : undefined);
    if (watch !== undefined) this.memory.watch = watch;
    this.maps = options.maps.map((definition) => new MapInstance(this.memory, definition));
    this.#byObject = new Map(this.maps.map((map) => [map.object, map]));
    this.injector = new Injector(options.injection ?? {});
    this.parserId = options.parserId ?? 1;
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
