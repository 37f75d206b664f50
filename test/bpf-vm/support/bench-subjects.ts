/** What bench/vm.mjs measures, from the sources. */

export { loadParser } from "#bpf-vm/load-parser.ts";
export { contextLayout, runLoaded } from "#bpf-vm/run-parser.ts";
export { runProgram, TRACING_CALLABLES } from "#bpf-vm/run-program.ts";
export { profileBtf } from "#bpf-vm/target/profile-btf.ts";
export { fullEnvelope, fullUki } from "../../support/full-tables.ts";
export { buildPe } from "../../support/pe-builder.ts";
export { buildZboot } from "../../support/zboot-builder.ts";
export { KERNEL_MEMORY, KERNELS, kernelMemory, kernelProgram } from "./kernels.ts";
