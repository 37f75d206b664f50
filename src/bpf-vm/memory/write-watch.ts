import type { Region } from "./region.ts";

/** A store to a record: bytes from the record's start, or from that of a buffer within it. */
export type Write = {
  readonly offset: number;
  readonly size: number;
  /** Of the instruction, or of the call that stored. */
  readonly slot: number;
};

/** Remembers which instruction stored what to each record, to name the source line behind a wrong byte. */
export class WriteWatch {
  /** The instruction at work; the executor sets it before each store and call. */
  slot = 0;
  readonly #writes = new Map<Region, Write[]>();

  note(region: Region, offset: number, size: number): void {
    if (region.kind !== "record") return;
    const writes = this.#writes.get(region);
    const write = { offset, size, slot: this.slot };
    if (writes === undefined) this.#writes.set(region, [write]);
    else writes.push(write);
  }

  /** The stores to a part of a record, offsets from the part's start; they may reach beyond it. */
  within(region: Region, offset: number, size: number): readonly Write[] {
    return (this.#writes.get(region) ?? [])
      .filter((write) => write.offset < offset + size && offset < write.offset + write.size)
      .map((write) => ({ ...write, offset: write.offset - offset }));
  }
}
