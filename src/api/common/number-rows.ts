import { LARGEST_PART } from "#abi/limits.ts";
import type { NumberRow } from "#grammar/rows.ts";

/** How much is done at a time. */
export const JOBS = { type: "count", least: 1, most: 1024 } as const satisfies NumberRow;

/** Bytes that a part may have. */
export const PART_SIZE = { type: "size", least: 1, most: LARGEST_PART } as const satisfies NumberRow;
