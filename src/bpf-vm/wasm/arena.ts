import { REGION_LOW, regionNumber } from "#bpf-vm/memory/memory.ts";
import type { Home, Region, RegionPlace } from "#bpf-vm/memory/region.ts";
import { engine, type LinearMemory, MAX_PAGES, PAGE } from "./engine.ts";
import {
  DESCRIPTOR_SIZE,
  DESCRIPTORS,
  Descriptor,
  limitOffset,
  MAX_DESCRIPTORS,
  REGISTER_FILE,
  SIZES,
  shadowOffset,
} from "./layout.ts";

const FIRST_PAGES = 16;
/** Compiled code looks at eight shadow bytes at a time, so that it reads past the last one. */
const PAD = 8;

/** A linear memory with the regions of one run: their bytes, and what compiled code must know of them. */
export class Arena implements Home {
  readonly memory: LinearMemory = new engine.Memory({ initial: FIRST_PAGES, maximum: MAX_PAGES });
  bytes = new Uint8Array(this.memory.buffer);
  view = new DataView(this.memory.buffer);
  /** R0 to R10, in halves. */
  registers = new Int32Array(this.memory.buffer, REGISTER_FILE, 22);
  #top = 0;
  readonly #settled = new Map<Region, { readonly base: number; readonly length: number }>();
  /** Called when `registers` is another array. */
  moved: () => void = () => undefined;

  /** Forgets the run before, and keeps the memory up to `heap` for the program. */
  begin(heap: number): void {
    this.bytes.fill(0, 0, this.#top);
    this.#settled.clear();
    this.#top = 0;
    this.take(heap);
  }

  place(region: Region, length: number): RegionPlace {
    const withShadow = region.shadow !== undefined;
    const base = this.take(withShadow ? shadowOffset(length) + length : length);
    this.#settled.set(region, { base, length });
    return this.#placeAt(base, length, withShadow);
  }

  describe(region: Region): void {
    const number = regionNumber(region.high);
    if (number >= MAX_DESCRIPTORS) return;
    const { view } = this;
    const { base, high, readEnd, writeEnd, shadow, checksLoads } = region;
    const at = descriptorOf(number);
    view.setUint32(at + Descriptor.BASE, base, true);
    view.setUint32(
      at + Descriptor.SHADOW,
      shadow === undefined ? 0 : base + shadowOffset(shadow.length),
      true,
    );
    view.setInt32(at + Descriptor.READ_END, readEnd, true);
    view.setInt32(at + Descriptor.WRITE_END, writeEnd, true);
    view.setUint32(at + Descriptor.START, REGION_LOW, true);
    view.setInt32(at + Descriptor.START + 4, high, true);
    view.setUint32(at + Descriptor.CHECKS_LOADS, checksLoads ? 1 : 0, true);
    for (const size of SIZES) {
      const limit = limitOffset(size);
      const [readLimit, writeLimit] = [checksLoads ? 0 : readEnd, shadow === undefined ? writeEnd : 0];
      view.setUint32(at + Descriptor.READ_LIMITS + limit, Math.max(0, readLimit - size + 1), true);
      view.setUint32(at + Descriptor.WRITE_LIMITS + limit, Math.max(0, writeLimit - size + 1), true);
    }
  }

  /** Takes zeroed memory, at a multiple of 8. */
  take(length: number): number {
    const base = (this.#top + 7) & ~7;
    const end = base + length + PAD;
    if (end > this.bytes.length) this.#grow(end);
    this.#top = end;
    return base;
  }

  #grow(end: number): void {
    const pages = this.bytes.length / PAGE;
    const wanted = Math.min(MAX_PAGES, Math.max(2 * pages, Math.ceil(end / PAGE)));
    this.memory.grow(wanted - pages);
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.registers = new Int32Array(buffer, REGISTER_FILE, 22);
    this.moved();
    for (const [region, { base, length }] of this.#settled) {
      region.moveTo(this.#placeAt(base, length, region.shadow !== undefined));
    }
  }

  #placeAt(base: number, length: number, withShadow: boolean): RegionPlace {
    const at = base + shadowOffset(length);
    return {
      base,
      bytes: this.bytes.subarray(base, base + length),
      shadow: withShadow ? this.bytes.subarray(at, at + length) : undefined,
    };
  }
}

/** Where the descriptor of a region is; 0, the one that allows nothing, where it has none. */
function descriptorOf(number: number): number {
  return number < MAX_DESCRIPTORS ? DESCRIPTORS + number * DESCRIPTOR_SIZE : 0;
}
