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
  /** The content, kept and written to until an executor moves it; shorter than `size` where the rest is zero until written. Default: none. */
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

/** A record of 32 MiB of which a program writes a page must not cost 32 MiB. */
const FIRST_PAGE = 4096;
/** Most regions are names only: making these anew for each took a tenth of a short run. */
const NO_BYTES = new Uint8Array(0);
const NO_VIEW = viewOf(NO_BYTES);

/**
 * A run of bytes with one owner. `readEnd` and `writeEnd` say how far a load or store may reach
 * without a closer look: 0 where it never may, and where the region is gone.
 */
export class Region {
  readonly kind: RegionKind;
  readonly name: string;
  readonly size: number;
  readonly access: "none" | "read" | "read-write";
  /** The high 32 bits of every address in it, signed. */
  readonly high: number;
  bytes: Uint8Array;
  view: DataView;
  /** One byte for each byte: 0 where nothing has been written. */
  shadow: Uint8Array | undefined;
  readonly checksLoads: boolean;
  /** Where the bytes are in the region's home; 0 while it has none. */
  base = 0;
  #home: Home | undefined;
  readEnd = 0;
  writeEnd = 0;
  live = true;

  constructor(high: number, options: RegionOptions) {
    this.high = high;
    this.kind = options.kind;
    this.name = options.name;
    this.size = options.size;
    this.access = options.access;
    this.bytes = options.bytes ?? NO_BYTES;
    this.view = options.bytes === undefined ? NO_VIEW : viewOf(this.bytes);
    this.shadow = options.unwritten === undefined ? undefined : new Uint8Array(this.bytes.length);
    this.checksLoads = options.unwritten === "load";
    this.#setEnds();
  }

  /** Makes the first `end` bytes (at most `size`) present, new ones zero and unwritten. */
  reach(end: number): void {
    if (end <= this.bytes.length) return;
    const length = Math.min(this.size, Math.max(end, 2 * this.bytes.length, FIRST_PAGE));
    if (this.#home !== undefined) this.#occupy(this.#home, length);
    else {
      this.bytes = grown(this.bytes, length);
      this.view = viewOf(this.bytes);
      if (this.shadow !== undefined) this.shadow = grown(this.shadow, length);
      this.#setEnds();
    }
  }

  /** Moves the bytes, now and whenever they become more, into `home`. */
  settle(home: Home): void {
    this.#home = home;
    this.#occupy(home, this.bytes.length);
  }

  /** Takes over a place that holds the region's bytes already. */
  moveTo({ base, bytes, shadow }: RegionPlace): void {
    this.base = base;
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.shadow = shadow;
    this.#setEnds();
  }

  #occupy(home: Home, length: number): void {
    const place = home.place(this, length);
    place.bytes.set(this.bytes);
    if (this.shadow !== undefined) place.shadow?.set(this.shadow);
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
    this.shadow?.fill(0);
    this.#setEnds();
  }

  #setEnds(): void {
    this.readEnd = this.live && this.access !== "none" ? this.bytes.length : 0;
    this.writeEnd = this.access === "read-write" ? this.readEnd : 0;
    this.#home?.describe(this);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function grown(bytes: Uint8Array, length: number): Uint8Array {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}
