/** What hostile images are made of. */
export const FORMATS = ["zboot", "uki", "envelope", "plain"] as const;
export type Format = (typeof FORMATS)[number];
