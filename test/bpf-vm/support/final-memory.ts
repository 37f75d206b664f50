import type { Machine } from "#bpf-vm/machine.ts";
import { HIGH, REGION_LOW } from "#bpf-vm/memory/memory.ts";

/** The distance of regions' addresses, in their high halves. */
const STRIDE = 61;

/** Every region of a machine as a run left it. */
export function finalMemory({ memory }: Machine) {
  const regions = [];
  for (let high = HIGH; ; high = (high + STRIDE) | 0) {
    const region = memory.at(high, REGION_LOW)?.region;
    if (region === undefined) return regions;
    const { kind, name, size, access, live, checksLoads, present, bytes, shadow } = region;
    regions.push({
      ...{ kind, name, size, access, live, checksLoads },
      bytes: bytes.slice(0, present),
      shadow: shadow?.slice(0, present),
    });
  }
}
