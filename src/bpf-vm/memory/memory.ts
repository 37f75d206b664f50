import { type AccessKind, FaultSignal, type FaultyAccess } from "#bpf-vm/fault.ts";
import { LONG, Region, type RegionOptions } from "./region.ts";
import type { WriteWatch } from "./write-watch.ts";

/*
 * An address is 64 bits:
 *
 *     63           32 31            0
 *     HIGH + 61 * n   LOW + offset        offset into region n
 *
 * so that the region is found by one multiplication, and neighbours lie 61 * 4 GiB apart. 61 is a prime:
 * no power of two times 4 GiB, and no sum smaller than 61 * 4 GiB, leads from one region into another.
 */
export const HIGH = 0xff000000 | 0;
const LOW = 0x10000000;
const STRIDE = 61;
/** STRIDE times this is 1 modulo 2^32. */
export const INVERSE = 0xc10c9715 | 0;
const MAX_REGIONS = Math.floor(0x1000000 / STRIDE);
/** The largest region, in bytes: offsets are signed 32 bits, with room for the gaps. */
export const MAX_REGION_SIZE = 0x70000000;
const NULL_PAGE = 4096;
/** Bytes. */
const FEW = 64;
const NOTHING = new Region(0, { kind: "code", name: "nothing", size: 0, access: "none" });

/**
 * All memory that a program can name. Every access is checked; `region` and `offset` say where the
 * last one that was found good lies. Addresses come as two signed 32-bit halves.
 *
 * @throws FaultSignal from every check that fails
 */
export class Memory {
  /** Those of this run, and places of those that earlier runs had more. */
  readonly #regions: (Region | undefined)[] = [];
  /** Regions that have been, by their place: a later run's have the same addresses. */
  readonly #made: Region[] = [];
  #count = 0;
  #kept = 0;
  /** Where set, it is told of every store, before it is carried out. */
  watch: WriteWatch | undefined;
  region = NOTHING;
  offset = 0;

  /** @throws RangeError for a size over MAX_REGION_SIZE, or when addresses run out (275,000 regions) */
  add(options: RegionOptions): Region {
    if (options.size > MAX_REGION_SIZE) throw new RangeError(`a region of ${options.size} bytes`);
    const number = this.#count;
    if (number >= MAX_REGIONS) throw new RangeError(`more than ${MAX_REGIONS} regions`);
    let region = this.#made[number];
    if (region === undefined) {
      region = new Region((HIGH + STRIDE * number) | 0, options);
      this.#made.push(region);
    } else region.begin(options);
    this.#regions[number] = region;
    this.#count += 1;
    return region;
  }

  /** What has been added so far, which nothing may write to or end, stays when the memory is reset. */
  keep(): void {
    this.#kept = this.#count;
  }

  /** Ends all regions but those that are kept: their addresses lead nowhere until they are added anew. */
  reset(): void {
    for (let number = this.#kept; number < this.#count; number++) this.#regions[number] = undefined;
    this.#count = this.#kept;
    this.watch = undefined;
    this.region = NOTHING;
    this.offset = 0;
  }

  /** Finds `size` bytes (at least 1) that the program may load. */
  toRead(high: number, low: number, size: number): void {
    const region = this.#regions[regionNumber(high)];
    const offset = (low - LOW) | 0;
    if (region === undefined || offset < 0 || offset > region.readEnd - size) {
      this.#readSlowly(region, offset, high, low, size);
    }
    if (region?.checksLoads) this.#checkWritten(region, offset, high, low, size, "read");
    // A store of what is there already is worth a look: V8 notes every pointer that is stored.
    if (region !== this.region) this.region = region as Region;
    this.offset = offset;
  }

  /** As `toRead`, for bytes that leave the program: somebody must have written each of them. */
  toHandOver(high: number, low: number, size: number): void {
    if (size >= LONG && this.#isBorrowed(high, low, size)) return;
    this.toRead(high, low, size);
    this.#checkWritten(this.region, this.offset, high, low, size, "read");
  }

  /** Whether they end among bytes that their region has borrowed, which are not asked for themselves. */
  #isBorrowed(high: number, low: number, size: number): boolean {
    const region = this.#regions[regionNumber(high)];
    const offset = (low - LOW) | 0;
    const end = offset + size;
    if (region?.borrowed === undefined || end <= region.present || end > region.borrowed.end) return false;
    if (offset < 0 || offset >= region.present || !region.live) return false;
    const { shadow } = region;
    if (shadow !== undefined && !isWritten(region, shadow, offset, region.present - offset)) {
      this.#fail("uninitialised", "read", high, low, size);
    }
    this.region = region;
    this.offset = offset;
    return true;
  }

  /** Finds `size` bytes (at least 1) that the program may store to, and takes them as written. */
  toWrite(high: number, low: number, size: number): void {
    const region = this.#regions[regionNumber(high)];
    const offset = (low - LOW) | 0;
    if (region === undefined || offset < 0 || offset > region.writeEnd - size) {
      this.#writeSlowly(region, offset, high, low, size);
    }
    if (region?.shadow !== undefined) noteWritten(region, region.shadow, offset, size);
    if (this.watch !== undefined && region !== undefined) this.watch.note(region, offset, size);
    // A store of what is there already is worth a look: V8 notes every pointer that is stored.
    if (region !== this.region) this.region = region as Region;
    this.offset = offset;
  }

  /** Finds 4 or 8 aligned bytes that the program may load and store to. */
  toUpdate(high: number, low: number, size: number): void {
    const found = this.at(high, low);
    if (found !== undefined && found.offset >= 0 && found.region.access === "read-write") {
      if (found.offset % size !== 0) this.#fail("misaligned", "atomic", high, low, size);
      if (found.region.live && found.offset <= found.region.size - size) {
        found.region.reach(found.offset + size);
        if (found.region.checksLoads) {
          this.#checkWritten(found.region, found.offset, high, low, size, "atomic");
        }
      }
    }
    this.toWrite(high, low, size);
  }

  /** The region that an address belongs to or lies beside; `offset` may be outside of it. */
  at(high: number, low: number): { readonly region: Region; readonly offset: number } | undefined {
    const region = this.#regions[regionNumber(high)];
    return region === undefined ? undefined : { region, offset: (low >>> 0) - LOW };
  }

  /** As `at`, with the whole gap behind a region counted as beside it: offsets go up to 61 * 4 GiB. */
  beside(high: number, low: number): { readonly region: Region; readonly offset: number } | undefined {
    const steps = (high - HIGH) >>> 0;
    const region = this.#regions[Math.floor(steps / STRIDE)];
    if (region === undefined) return undefined;
    return { region, offset: (steps % STRIDE) * 2 ** 32 + (low >>> 0) - LOW };
  }

  /**
   * The live bytes at an address as the kernel sees them, whatever the program may do with them:
   * undefined where a read would fault. The bytes are a view.
   *
   * @throws FaultSignal (`not-modelled`) where the kernel has bytes that are not known here
   */
  peek(high: number, low: number, size: number): Uint8Array | undefined {
    if (!this.#toPeek(high, low, size)) return undefined;
    return this.region.bytes.subarray(this.offset, this.offset + size);
  }

  /** Copies what `peek` would give to a place in a region that has room for it; false where a read would fault. */
  copy(high: number, low: number, size: number, target: Region, at: number): boolean {
    if (!this.#toPeek(high, low, size)) return false;
    const { bytes, kind } = this.region;
    const { offset } = this;
    if (target.borrowed !== undefined) {
      // The image stays what it is for as long as anybody looks at the run.
      const source = bytes.subarray(offset, offset + size);
      if (kind === "kernel-buffer" && target.lend(at, source)) return true;
      target.reach(at + size);
    }
    // Making a view of a few bytes takes longer than copying them. The two may overlap.
    if (size > FEW || this.region === target) target.bytes.set(bytes.subarray(offset, offset + size), at);
    else for (let i = 0; i < size; i++) target.bytes[at + i] = bytes[offset + i] ?? 0;
    return true;
  }

  #toPeek(high: number, low: number, size: number): boolean {
    const region = this.#regions[regionNumber(high)];
    if (region === undefined || !region.live) return false;
    const offset = (low >>> 0) - LOW;
    if (region.kind === "unmodelled") this.#fail("not-modelled", "read", high, low, size);
    if (offset < 0 || size > region.size || offset > region.size - size) return false;
    region.reach(offset + size);
    this.region = region;
    this.offset = offset;
    return true;
  }

  /** How many bytes there are from an address to its region's end; 0 where the kernel could not read one. */
  room(high: number, low: number): number {
    const found = this.at(high, low);
    if (found === undefined || !found.region.live || found.offset < 0) return 0;
    return Math.max(0, found.region.size - found.offset);
  }

  #readSlowly(region: Region | undefined, offset: number, high: number, low: number, size: number): void {
    if (region === undefined || !region.live || offset < 0 || offset > region.size - size) {
      this.#outside(region, "read", high, low, size);
    }
    if (region.access === "none") this.#fail(noAccess(region), "read", high, low, size);
    region.reach(offset + size);
  }

  #writeSlowly(region: Region | undefined, offset: number, high: number, low: number, size: number): void {
    if (region === undefined || !region.live || offset < 0 || offset > region.size - size) {
      this.#outside(region, "write", high, low, size);
    }
    if (region.access === "none") this.#fail(noAccess(region), "write", high, low, size);
    if (region.access === "read") this.#fail("read-only", "write", high, low, size);
    // Who watches stores looks at what they have left.
    if (this.watch !== undefined || !region.borrow(offset, offset + size)) region.reach(offset + size);
  }

  #checkWritten(
    region: Region,
    offset: number,
    high: number,
    low: number,
    size: number,
    kind: AccessKind,
  ): void {
    const { shadow } = region;
    if (shadow !== undefined && !isWritten(region, shadow, offset, size)) {
      this.#fail("uninitialised", kind, high, low, size);
    }
  }

  #outside(region: Region | undefined, kind: AccessKind, high: number, low: number, size: number): never {
    if (high === 0 && low >>> 0 < NULL_PAGE) this.#fail("null", kind, high, low, size);
    if (region === undefined) this.#fail("wild", kind, high, low, size);
    this.#fail(region.live ? "out-of-bounds" : "use-after-release", kind, high, low, size);
  }

  #fail(
    reason: ConstructorParameters<typeof FaultSignal>[0]["reason"],
    kind: AccessKind,
    high: number,
    low: number,
    size: number,
  ): never {
    const found = this.at(high, low);
    const address = addressOf(high, low);
    const access: FaultyAccess = {
      kind,
      address,
      size,
      ...(found && {
        region: {
          name: found.region.name,
          kind: found.region.kind,
          offset: found.offset,
          size: found.region.size,
        },
      }),
    };
    throw new FaultSignal({ reason, access, detail: describe(reason, access) });
  }
}

/** Why memory that no load or store reaches is out of reach. */
function noAccess({ kind }: Region): "not-modelled" | "no-direct-access" {
  return kind === "unmodelled" ? "not-modelled" : "no-direct-access";
}

/** The shadow of four bytes that have been written. */
const WRITTEN = 0x01010101;

function noteWritten(region: Region, shadow: Uint8Array, offset: number, size: number): void {
  const { shadowView } = region;
  switch (size) {
    case 8:
      shadowView.setInt32(offset, WRITTEN);
      shadowView.setInt32(offset + 4, WRITTEN);
      return;
    case 4:
      shadowView.setInt32(offset, WRITTEN);
      return;
    case 2:
      shadowView.setInt16(offset, WRITTEN & 0xffff);
      return;
    case 1:
      shadow[offset] = 1;
      return;
    default:
      region.filledFrom = offset;
      // Of what is borrowed nothing is noted: all of it counts as written.
      region.filledTo = Math.min(offset + size, region.present);
      shadow.fill(1, offset, region.filledTo);
  }
}

function isWritten(region: Region, shadow: Uint8Array, offset: number, size: number): boolean {
  const { shadowView, filledFrom, filledTo } = region;
  switch (size) {
    case 8:
      return shadowView.getInt32(offset) === WRITTEN && shadowView.getInt32(offset + 4) === WRITTEN;
    case 4:
      return shadowView.getInt32(offset) === WRITTEN;
    case 2:
      return shadowView.getInt16(offset) === (WRITTEN & 0xffff);
    case 1:
      return shadow[offset] === 1;
    default: {
      // As a rule a header, stored member by member, and a part that a helper has copied to the place after it.
      const end = offset + size;
      if (end > filledTo || filledFrom - offset > FEW) {
        const first = shadow.indexOf(0, offset);
        return first < 0 || first >= end;
      }
      for (let i = offset; i < filledFrom; i++) if (shadow[i] === 0) return false;
      return true;
    }
  }
}

/** Where a region begins: the low half of its first byte's address. */
export const REGION_LOW = LOW;

/** The place of a region among all, by the high half of its addresses. */
export function regionNumber(high: number): number {
  return Math.imul((high - HIGH) | 0, INVERSE) >>> 0;
}

/** Both halves as one unsigned number. */
export function addressOf(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function describe(reason: string, access: FaultyAccess): string {
  const place =
    access.region === undefined
      ? `at 0x${access.address.toString(16)}`
      : `at offset ${access.region.offset} of ${access.region.name} (${access.region.size} bytes)`;
  return `${reason}: ${access.kind} of ${access.size} byte${access.size === 1 ? "" : "s"} ${place}`;
}
