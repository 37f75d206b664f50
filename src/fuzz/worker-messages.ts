import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import type { Entry, FuzzDiscovery } from "./engine/campaign.ts";

export type FromWorker =
  | { readonly kind: "entry"; readonly entry: Entry; readonly coverage: readonly Coverage[] }
  | { readonly kind: "discovery"; readonly discovery: FuzzDiscovery }
  | { readonly kind: "progress"; readonly cases: number; readonly next: number };

export type ToWorker = { readonly kind: "adopt"; readonly entry: Entry } | { readonly kind: "stop" };
