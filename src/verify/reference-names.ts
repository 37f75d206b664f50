/** What a parser can be judged by: `zboot` takes plain zboot images and, in v7, envelopes. */
export const REFERENCES = ["zboot", "envelope", "uki", "plain"] as const;
export type ReferenceName = (typeof REFERENCES)[number];

/** By itself: no reference knows the format. Faults, leaks, strays and half a stream are found all the same. */
export const NO_REFERENCE = "none";
