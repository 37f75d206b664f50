/** What a coverage byte says about one instruction, as bits. */
export const Covered = {
  /** It was executed. */
  RUN: 1,
  /** Its jump was taken. */
  TAKEN: 2,
  /** Its jump was not taken. */
  PASSED: 4,
} as const;

/** One byte for each slot of a program; several runs may share and fill it. */
export type Coverage = Uint8Array;
