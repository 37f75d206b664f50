import { Errno } from "#bpf-vm/errno.ts";
import { MapType } from "#bpf-vm/maps/definition.ts";
import type { MapInstance } from "#bpf-vm/maps/instance.ts";
import type { Callee, HelperCall } from "./signature.ts";

/** What stands before each record (BPF_RINGBUF_HDR_SZ), in bytes. */
const RECORD_HEADER = 8;
/** The largest record (RINGBUF_MAX_RECORD_SZ), in bytes. */
const MAX_RECORD = 0xffffffff >>> 2;

/** Source: the kernel's `kernel/bpf/ringbuf.c`. */
export const RING_BUFFER_HELPERS: readonly Callee[] = [
  {
    name: "bpf_ringbuf_output",
    arguments: ["map", "bytes-in", "size-or-zero", "number"],
    run: (call) => {
      return reserve(call, call.number(3)) === undefined ? -Errno.EAGAIN : 0;
    },
  },
  {
    name: "bpf_ringbuf_reserve",
    arguments: ["map", "number", "number"],
    run: (call) => {
      const noFlags = call.low(3) === 0 && call.high(3) === 0;
      call.machine.rings.push(ringOf(call));
      if (call.machine.injector.reserveFails() || !noFlags) return null;
      const name = reserve(call, call.number(2));
      if (name === undefined) return null;
      const region = call.machine.memory.add({
        kind: "record",
        name,
        size: call.number(2),
        access: "read-write",
        unwritten: "hand-over",
      });
      call.machine.acquire(region, { kind: "record", name, acquiredAt: call.instruction });
      return region;
    },
  },
  { name: "bpf_ringbuf_submit", arguments: ["record", "number"], run: giveBack },
  { name: "bpf_ringbuf_discard", arguments: ["record", "number"], run: giveBack },
  {
    name: "bpf_ringbuf_query",
    arguments: ["map", "number"],
    run: (call) => {
      const ring = ringOf(call);
      const { maxEntries } = ring.definition;
      // BPF_RB_AVAIL_DATA, _RING_SIZE, _CONS_POS, _PROD_POS: what is committed cannot be told here, so none is.
      return [0, maxEntries, 0, ring.ringPosition][call.number(2)] ?? 0;
    },
  },
];

function giveBack(call: HelperCall): number {
  call.machine.release(call.region(1));
  return 0;
}

/**
 * Takes room for one record, as `__bpf_ringbuf_reserve` does: the producer may be at most the ring's size
 * less one ahead of the consumer, who never comes. Gives the record's name, undefined where there is no room.
 */
function reserve(call: HelperCall, size: number): string | undefined {
  const ring = ringOf(call);
  if (size > MAX_RECORD) return undefined;
  const length = Math.ceil((size + RECORD_HEADER) / 8) * 8;
  if (ring.ringPosition + length > ring.definition.maxEntries - 1) return undefined;
  ring.ringPosition += length;
  ring.ringRecords += 1;
  return `record ${ring.ringRecords} of ${ring.definition.name}`;
}

function ringOf(call: HelperCall): MapInstance {
  const map = call.map(1);
  if (map.definition.type !== MapType.RINGBUF) {
    call.fault("bad-argument", `map ${map.definition.name} is no ring buffer`);
  }
  return map;
}
