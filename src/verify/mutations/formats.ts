/** What hostile images are made of. */
export const FORMATS = ["zboot", "uki", "envelope", "plain"] as const;

/** One of the user's own: of it nothing is known but the fields that its module tells. */
export const OWN_FORMAT = "own";

export type Format = (typeof FORMATS)[number] | typeof OWN_FORMAT;
