import { ABI, JSON_FLAG } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const EJECT = {
  describe: "write what a kernel tree needs to build the parsers by itself: C, a Makefile, no Node",
  positionals: {
    folder: { type: "folder", required: true, describe: "to write into: new, empty, or of an earlier eject" },
  },
  options: {
    abi: ABI,
    targets: { type: "path", repeatable: true, describe: "folder with targets of your own" },
    json: { ...JSON_FLAG, describe: "the names of the files as JSON" },
  },
} as const satisfies CommandRow;

export type EjectWords = Read<typeof EJECT>;
