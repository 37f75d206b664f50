/** What bench/vm.mjs measures, from the sources. */

export { loadParser } from "#vm/load-parser.ts";
export { contextLayout, runLoaded } from "#vm/run-parser.ts";
export { runProgram, TRACING_CALLABLES } from "#vm/run-program.ts";
export { profileBtf } from "#vm/target/profile-btf.ts";
export { buildPe } from "../../support/pe-builder.ts";
export { buildZboot } from "../../support/zboot-builder.ts";
export { KERNEL_MEMORY, KERNELS, kernelMemory, kernelProgram } from "./kernels.ts";
