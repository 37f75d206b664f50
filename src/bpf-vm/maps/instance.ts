import { Errno } from "#bpf-vm/errno.ts";
import type { Memory } from "#bpf-vm/memory/memory.ts";
import type { Region } from "#bpf-vm/memory/region.ts";
import { latin1 } from "#bytes/reader.ts";
import {
  BPF_F_RDONLY_PROG,
  BPF_F_WRONLY_PROG,
  elementStride,
  type MapDefinition,
  MapType,
} from "./definition.ts";

/** `flags` of an update. Source: `include/uapi/linux/bpf.h`. */
const BPF_NOEXIST = 1;
const BPF_EXIST = 2;

/** A map in a machine's memory: an object that map pointers name, and its values. */
export class MapInstance {
  readonly definition: MapDefinition;
  readonly object: Region;
  /** How much of a ring buffer has been handed out, headers included, in bytes. Nothing is ever consumed. */
  ringPosition = 0;
  ringRecords = 0;
  readonly #memory: Memory;
  /** An array's by their index, a hash's by their key. */
  readonly #elements = new Map<number | string, Region>();

  constructor(memory: Memory, definition: MapDefinition) {
    this.#memory = memory;
    this.definition = definition;
    this.object = memory.add({
      kind: "map-object",
      name: `map object ${definition.name}`,
      size: 8,
      access: "none",
    });
  }

  /** Back to what its definition says. The memory has been reset. */
  reset(): void {
    this.ringPosition = 0;
    this.ringRecords = 0;
    if (this.#elements.size > 0) this.#elements.clear();
  }

  get isArray(): boolean {
    return this.definition.type === MapType.ARRAY || this.definition.type === MapType.PERCPU_ARRAY;
  }

  /** The value under a key; undefined where there is none. */
  lookup(key: Uint8Array): Region | undefined {
    return this.isArray ? this.element(indexOf(key)) : this.#elements.get(latin1(key));
  }

  /** An array's element, which is a region of exactly the value's size. */
  element(index: number): Region | undefined {
    const { definition } = this;
    if (!this.isArray || index >= definition.maxEntries) return undefined;
    const known = this.#elements.get(index);
    if (known !== undefined) return known;
    const start = index * elementStride(definition);
    // Elements are made when they are first asked for: most programs leave most of an array alone.
    const content = definition.content?.subarray(start, start + definition.valueSize);
    const name = definition.maxEntries === 1 ? "" : `[${index}]`;
    return this.#add(index, `map ${definition.name}${name}`, content);
  }

  /** Sets the value under a key. 0, or a negative errno as the kernel's `map_update_elem` gives it. */
  update(key: Uint8Array, value: Uint8Array, flags: number): number {
    if (flags > BPF_EXIST) return -Errno.EINVAL;
    const known = this.lookup(key);
    if (known === undefined) {
      if (this.definition.type !== MapType.HASH) return this.isArray ? -Errno.E2BIG : -Errno.EOPNOTSUPP;
      if (flags === BPF_EXIST) return -Errno.ENOENT;
      if (this.#elements.size >= this.definition.maxEntries) return -Errno.E2BIG;
      this.#add(latin1(key), `value in map ${this.definition.name}`, value);
      return 0;
    }
    if (flags === BPF_NOEXIST) return -Errno.EEXIST;
    known.reach(known.size);
    known.bytes.set(value);
    return 0;
  }

  /** Removes a key of a hash. The value's memory stays, as it does until the kernel's grace period is over. */
  remove(key: Uint8Array): number {
    if (this.definition.type !== MapType.HASH) return this.isArray ? -Errno.EINVAL : -Errno.EOPNOTSUPP;
    return this.#elements.delete(latin1(key)) ? 0 : -Errno.ENOENT;
  }

  #add(key: number | string, name: string, content: Uint8Array | undefined): Region {
    const { flags, valueSize, unknownValues } = this.definition;
    const access =
      (flags & BPF_F_WRONLY_PROG) !== 0 ? "none" : (flags & BPF_F_RDONLY_PROG) !== 0 ? "read" : "read-write";
    const region = unknownValues
      ? this.#memory.add({ kind: "unmodelled", name, size: valueSize, access: "none" })
      : this.#memory.add({ kind: "map-value", name, size: valueSize, access });
    if (!unknownValues && content !== undefined) region.put(content);
    this.#elements.set(key, region);
    return region;
  }
}

function indexOf(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0, true);
}
