import type { NumberRow } from "#grammar/rows.ts";

/** How much is done at a time. */
export const JOBS = { type: "count", least: 1, most: 1024 } as const satisfies NumberRow;
