import type { ImageArchitecture } from "#reference-parsers/input.ts";

/** As the kernel's ARCH has them. Kernels of x86 have no header that parsers look at. */
export const PARSER_ARCHITECTURES = ["arm64", "riscv", "loongarch", "x86"] as const satisfies readonly (
  | ImageArchitecture
  | "x86"
)[];
export type ParserArchitecture = (typeof PARSER_ARCHITECTURES)[number];
