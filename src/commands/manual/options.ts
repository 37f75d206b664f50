import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const MANUAL = {
  describe: "write the manual pages, one a command, as files for man",
  positionals: {},
  options: {
    output: { type: "folder", alias: "o", required: true, describe: "folder to write into, such as man1" },
  },
} as const satisfies CommandRow;

export type ManualWords = Read<typeof MANUAL>;
