/** What a region is to the program. */
export type RegionKind =
  | "stack"
  /** The arguments that R1 points to when the program starts. */
  | "context"
  | "map-value"
  /** The thing that a map pointer points to: helpers take it, nothing reads it. */
  | "map-object"
  | "record"
  /** Kernel memory that the program may dereference, such as the struct of a traced argument. */
  | "kernel-object"
  /** Kernel memory that only the probe_read helpers reach. */
  | "kernel-buffer"
  | "parser-context"
  /** Where callbacks live: a function pointer names its first instruction. */
  | "code"
  /** A thing of the kernel's that has an address here and no content: to look at it is `not-modelled`. */
  | "unmodelled";

export type RegionOptions = {
  readonly kind: RegionKind;
  /** As faults name it: `stack frame 0`, `map zboot_pa.rodata`, `record 2 of ringbuf_1`. */
  readonly name: string;
  /** Bytes, at most 2^31 - 2^28. */
  readonly size: number;
  /** The content, kept and written to until an executor moves it or it has to grow; shorter than `size` where the rest is zero until written. Default: none. */
  readonly bytes?: Uint8Array;
  /** What loads and stores of the program may do. */
  readonly access: "none" | "read" | "read-write";
  /**
   * Where a byte that nobody wrote is a fault: in every `load`, or only in what a helper or kfunc is given
   * (`hand-over`), because compilers load ahead of a check and drop what they got. Default: nowhere.
   */
  readonly unwritten?: "load" | "hand-over";
};

/** Other memory for the bytes of regions: where an executor's own code can reach them. */
export interface Home {
  /** Room for `length` bytes, zeroed, and for as many shadow bytes where the region has them. */
  place(region: Region, length: number): RegionPlace;
  /** Called after each change of a settled region's reach. */
  describe(region: Region): void;
}

export type RegionPlace = {
  /** The first byte's address, as the home counts. */
  readonly base: number;
  readonly bytes: Uint8Array;
  readonly shadow: Uint8Array | undefined;
};

/** A record of 32 MiB of which a program writes a little must not cost 32 MiB: so much is present at first, in bytes. */
const FIRST = 256;
/** Shorter runs of bytes than this are copied. */
export const LONG = 1 << 16;
/** The least memory that a region gets of its own. */
const PAGE = 4096;
/** A run of a region's bytes, from `start` on: the `source`'s, where there is one, else zeros. */
export type Borrowed = { readonly start: number; readonly end: number; source: Uint8Array | undefined };

/** More memory than this, in bytes, is not kept from one life to the next. */
const MOST_KEPT = 1 << 16;
/** Most regions are names only: making these anew for each took a tenth of a short run. */
const NO_BYTES = new Uint8Array(0);
const NO_VIEW = viewOf(NO_BYTES);

/**
 * A run of bytes with one owner. `readEnd` and `writeEnd` say how far a load or store may reach
 * without a closer look: 0 where it never may, and where the region is gone.
 *
 * In a machine that is reset it has a life in each run, another thing each time, on memory of its own that is kept and wiped.
 */
export class Region {
  /** The high 32 bits of every address in it, signed. */
  readonly high: number;
  kind: RegionKind = "code";
  name = "";
  size = 0;
  access: "none" | "read" | "read-write" = "none";
  /** The first `present` of these are the region's so far. */
  bytes: Uint8Array = NO_BYTES;
  view = NO_VIEW;
  present = 0;
  /** One byte for each byte: 0 where nothing has been written. */
  shadow: Uint8Array | undefined;
  shadowView = NO_VIEW;
  /** The bytes that a helper has written last: they need not be looked up in the shadow. */
  filledFrom = 0;
  filledTo = 0;
  checksLoads = false;
  /** Where the bytes are in the region's home; 0 while it has none. */
  base = 0;
  #home: Home | undefined;
  readEnd = 0;
  writeEnd = 0;
  live = true;
  #own: Uint8Array = NO_BYTES;
  #ownView = NO_VIEW;
  #ownShadow: Uint8Array = NO_BYTES;
  #ownShadowView = NO_VIEW;
  /** Bytes after those that are present, all of them written, that are not copied before somebody looks at them. */
  borrowed: Borrowed | undefined;
  /** What is after these is zero in both. */
  #used = 0;

  constructor(high: number, options: RegionOptions) {
    this.high = high;
    this.begin(options);
  }

  /** Begins a life in which nothing is left of the one before. */
  begin({ kind, name, size, bytes, access, unwritten }: RegionOptions): void {
    this.#wipe();
    this.borrowed = undefined;
    this.#forgetFilled();
    this.kind = kind;
    this.name = name;
    this.size = size;
    this.access = access;
    this.checksLoads = unwritten === "load";
    this.bytes = bytes ?? this.#own;
    this.present = bytes === undefined ? 0 : bytes.length;
    // Nothing looks through the view of what no load or store reaches.
    this.view = bytes === undefined ? this.#ownView : access === "none" ? NO_VIEW : viewOf(bytes);
    if (unwritten === undefined) this.#setShadow(undefined);
    else if (bytes === undefined) this.#setShadow(this.#ownShadow, this.#ownShadowView);
    else this.#setShadow(new Uint8Array(bytes.length));
    this.base = 0;
    this.#home = undefined;
    this.live = true;
    this.#setEnds();
  }

  /** Makes the first `end` bytes (at most `size`) present, new ones zero and unwritten. */
  reach(end: number): void {
    if (end <= this.present) return;
    const { borrowed, present } = this;
    this.borrowed = undefined;
    this.#grow(Math.max(end, borrowed?.end ?? 0));
    if (borrowed === undefined) return;
    const { start, source } = borrowed;
    if (source !== undefined) this.bytes.set(source.subarray(present - start), present);
    this.shadow?.fill(1, present, borrowed.end);
  }

  /** Takes a long run of bytes (that lie within `size`) as written with zeros, without having them; false where they have to be there. */
  borrow(start: number, end: number): boolean {
    if (this.kind !== "record" || end - start < LONG || this.#home !== undefined) return false;
    this.reach(start);
    if (this.borrowed !== undefined || end <= this.present) return false;
    this.borrowed = { start, end, source: undefined };
    return true;
  }

  /** Fills what has just been borrowed with bytes that nobody changes; false where the region has it, or more or less of it, itself. */
  lend(start: number, source: Uint8Array): boolean {
    const { borrowed, present } = this;
    if (borrowed?.start !== start || borrowed.end !== start + source.length) return false;
    this.bytes.set(source.subarray(0, present - start), start);
    borrowed.source = source;
    return true;
  }

  /** Zeros bytes that are present, or have just been borrowed. */
  clear(start: number, end: number): void {
    const { borrowed, present } = this;
    const isBlank = borrowed?.start === start && borrowed.end === end && borrowed.source === undefined;
    this.bytes.fill(0, start, isBlank ? present : end);
  }

  /** Where the bytes up to `end` go on in what was lent, which are the same there; undefined where they are all the region's own. */
  lentPart(end: number): { readonly at: number; readonly bytes: Uint8Array } | undefined {
    const { borrowed, present } = this;
    if (borrowed?.source === undefined || end <= present) return undefined;
    const { start, source } = borrowed;
    // The first of them are present, and may have been written to since.
    const same = source.subarray(0, present - start).every((byte, i) => byte === this.bytes[start + i]);
    const at = same ? start : present;
    return { at, bytes: source.subarray(at - start, end - start) };
  }

  #grow(end: number): void {
    const length = Math.min(this.size, Math.max(end, 2 * this.present, FIRST));
    if (this.#home !== undefined) this.#occupy(this.#home, length);
    else this.#extend(length);
  }

  /** Sets what the region begins with. */
  put(content: Uint8Array): void {
    this.reach(content.length);
    this.bytes.set(content);
  }

  #extend(length: number): void {
    const { bytes, shadow, present } = this;
    const room = Math.min(this.size, Math.max(length, PAGE));
    if (length > this.#own.length) {
      this.#own = new Uint8Array(room);
      this.#ownView = viewOf(this.#own);
    }
    if (bytes !== this.#own) {
      this.#own.set(bytes.subarray(0, present));
      this.bytes = this.#own;
      this.view = this.#ownView;
    }
    if (shadow !== undefined) {
      if (length > this.#ownShadow.length) {
        this.#ownShadow = new Uint8Array(room);
        this.#ownShadowView = viewOf(this.#ownShadow);
      }
      if (shadow !== this.#ownShadow) {
        this.#ownShadow.set(shadow.subarray(0, present));
        this.#setShadow(this.#ownShadow, this.#ownShadowView);
      }
    }
    this.present = length;
    this.#used = length;
    this.#setEnds();
  }

  #setShadow(shadow: Uint8Array | undefined, view = shadow === undefined ? NO_VIEW : viewOf(shadow)): void {
    this.shadow = shadow;
    this.shadowView = view;
  }

  #forgetFilled(): void {
    this.filledFrom = 0;
    this.filledTo = 0;
  }

  #wipe(): void {
    if (this.#used > MOST_KEPT) {
      this.#own = NO_BYTES;
      this.#ownView = NO_VIEW;
      this.#ownShadow = NO_BYTES;
      this.#ownShadowView = NO_VIEW;
    } else if (this.#used > 0) {
      this.#own.fill(0, 0, this.#used);
      this.#ownShadow.fill(0, 0, this.#used);
    }
    this.#used = 0;
  }

  /** Moves the bytes, now and whenever they become more, into `home`. */
  settle(home: Home): void {
    this.#home = home;
    this.#occupy(home, this.present);
  }

  /** Takes over a place that holds the region's bytes already. */
  moveTo({ base, bytes, shadow }: RegionPlace): void {
    this.base = base;
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.present = bytes.length;
    this.#setShadow(shadow);
    this.#setEnds();
  }

  #occupy(home: Home, length: number): void {
    const place = home.place(this, length);
    place.bytes.set(this.bytes.subarray(0, this.present));
    if (this.shadow !== undefined) place.shadow?.set(this.shadow.subarray(0, this.present));
    this.moveTo(place);
  }

  /** Ends the region's life: every later access is a fault. */
  release(): void {
    this.live = false;
    this.#setEnds();
  }

  /** Begins another life with nothing written, for a stack frame's next call. */
  revive(): void {
    this.live = true;
    this.#forgetFilled();
    this.shadow?.fill(0);
    this.#setEnds();
  }

  #setEnds(): void {
    this.readEnd = this.live && this.access !== "none" ? this.present : 0;
    this.writeEnd = this.access === "read-write" ? this.readEnd : 0;
    this.#home?.describe(this);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
