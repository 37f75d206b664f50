import type { Callee } from "./signature.ts";

/** Access to map elements. Source: the kernel's `kernel/bpf/helpers.c`. */
export const MAP_HELPERS: readonly Callee[] = [
  {
    name: "bpf_map_lookup_elem",
    arguments: ["map", "key"],
    run: (call) => call.map(1).lookup(call.bytes(2)) ?? null,
  },
  {
    name: "bpf_map_update_elem",
    arguments: ["map", "key", "value", "number"],
    run: (call) => call.map(1).update(call.bytes(2), call.bytes(3), call.number(4)),
  },
  {
    name: "bpf_map_delete_elem",
    arguments: ["map", "key"],
    run: (call) => call.map(1).remove(call.bytes(2)),
  },
];
