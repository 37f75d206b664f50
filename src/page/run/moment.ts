import type { WrittenRegion } from "./recorder.ts";
import type { RunRecord } from "./run-record.ts";

/** The machine between two instructions. */
export type Moment = {
  /** The slot of the instruction that comes next; undefined at the end. */
  readonly slot: number | undefined;
  readonly depth: number;
  /** R0 to R10, unsigned. */
  readonly registers: readonly bigint[];
  /** The registers that the last instruction has changed. */
  readonly changed: ReadonlySet<number>;
  readonly regions: readonly RegionNow[];
  /** The bytes of the image that have been read. */
  readonly read: readonly { readonly offset: number; readonly size: number }[];
};

export type RegionNow = {
  readonly name: string;
  readonly kind: WrittenRegion["kind"];
  readonly size: number;
  /** The first of its bytes, as far as the record has them. */
  readonly bytes: Uint8Array;
  /** Which of them somebody has written, from the first to the last. */
  readonly written: readonly [number, number];
  /** The store of the last instruction. */
  readonly fresh: { readonly offset: number; readonly size: number } | undefined;
};

/** What is shown of a region at most, in bytes. */
const SHOWN = 4096;

/** The machine before step `step`. @param step 0 to the record's `steps` */
export function momentAt(record: RunRecord, step: number): Moment {
  const { recorder, steps } = record;
  const registers = recorder.registers.at(Math.min(step, recorder.registers.length - 1));
  const before = step === 0 ? registers : recorder.registers.at(step - 1);
  return {
    slot: step < steps ? recorder.slots.at(step) : undefined,
    depth: recorder.depths.at(Math.min(step, steps - 1)),
    registers,
    changed: new Set(registers.flatMap((value, r) => (value === before[r] ? [] : [r]))),
    regions: recorder.regions.flatMap((region) => regionAt(region, step) ?? []),
    read: recorder.calls.flatMap(({ step: at, image }) => (at < step && image !== undefined ? [image] : [])),
  };
}

/** The last step before `step` that wrote a byte of a region; undefined where there is none. */
export function writerOfByte(
  record: RunRecord,
  region: string,
  offset: number,
  step: number,
): number | undefined {
  return record.recorder.regions
    .filter(({ name }) => name === region)
    .flatMap(({ stores }) => stores)
    .filter((one) => one.step < step && one.offset <= offset && offset < one.offset + one.size)
    .map((one) => one.step)
    .sort((a, b) => a - b)
    .at(-1);
}

function regionAt(region: WrittenRegion, step: number): RegionNow | undefined {
  const { name, kind, size, before, stores } = region;
  const bytes = new Uint8Array(Math.min(size, SHOWN));
  bytes.set(before.subarray(0, bytes.length));
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  let fresh: RegionNow["fresh"];
  for (const store of stores) {
    if (store.step >= step) break;
    first = Math.min(first, store.offset);
    last = Math.max(last, store.offset + store.size);
    if (store.step === step - 1) fresh = { offset: store.offset, size: store.size };
    if (store.offset < bytes.length)
      bytes.set(store.bytes.subarray(0, bytes.length - store.offset), store.offset);
  }
  return last === 0 ? undefined : { name, kind, size, bytes, written: [first, last], fresh };
}
