import type { Bytes } from "#isa/semantics.ts";

/*
 * The linear memory that compiled programs work in. Addresses and sizes in bytes:
 *
 *      0  a descriptor that allows nothing
 *     64  R0 to R10, 8 each, on their way to and from calls
 *    152  LEFT  156 FRAME  160 FOUND
 *    192  descriptors of the first regions, 64 each
 *      …  of the program: two coverage bytes a block, 8 bytes a symbol
 *      …  bytes and shadows of regions, as they are touched
 */
export const REGISTER_FILE = 64;
/** u32: instructions left of the budget, while they are in no local. */
export const LEFT = 152;
/** u32: the first byte of the stack of the function that begins. */
export const FRAME = 156;
/** u32: the descriptor that the last search found; 0 where its region cannot be reached without a search. */
export const FOUND = 160;
export const DESCRIPTORS = 192;
export const DESCRIPTOR_SIZE = 64;
/** Regions behind these are found by the memory's own checks, which is slower. */
export const MAX_DESCRIPTORS = 512;
export const PROGRAM_AREA = DESCRIPTORS + MAX_DESCRIPTORS * DESCRIPTOR_SIZE;

/**
 * A descriptor. The limits, one for each size of an access, are the first offsets (unsigned) that are
 * too large for it, where being in the region is all that there is to check; otherwise 0.
 */
export const Descriptor = {
  /** u32: where the region's bytes are. */
  BASE: 0,
  /** u32: where its shadow is; 0 for none. */
  SHADOW: 4,
  /** i32: as the region's `readEnd` and `writeEnd`. */
  READ_END: 8,
  WRITE_END: 12,
  READ_LIMITS: 16,
  WRITE_LIMITS: 32,
  /** i64: the address of the first byte, as programs have it. */
  START: 48,
  /** u32: 1 where loads look at the shadow. */
  CHECKS_LOADS: 56,
} as const;

export const SIZES: readonly Bytes[] = [1, 2, 4, 8];

/** The place of the limit for a size, among the limits. */
export function limitOffset(bytes: Bytes): number {
  return 4 * SIZES.indexOf(bytes);
}

/** Shadows stand behind the bytes that they belong to. */
export function shadowOffset(length: number): number {
  return (length + 7) & ~7;
}

/** Where a program's own area, which begins at a multiple of 8, has its parts. */
export type ProgramLayout = { readonly coverage: number; readonly symbols: number; readonly end: number };

export function programLayout(start: number, blocks: number, symbols: number): ProgramLayout {
  const symbolsAt = start + shadowOffset(2 * blocks);
  return { coverage: start, symbols: symbolsAt, end: symbolsAt + 8 * symbols };
}
