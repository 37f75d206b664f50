import { version } from "#package.json";

/** This program's own. */
export const VERSION = version;
