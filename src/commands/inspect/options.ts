import { JSON_FLAG, LIMIT } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const INSPECT = {
  describe: "show what a file is, its parts, oddities, and the stream that each parser would emit",
  positionals: { file: { type: "path", required: true } },
  options: {
    hashes: { type: "flag", default: true, describe: "SHA-256 of the file and its parts" },
    limit: LIMIT,
    reference: {
      type: "path",
      describe: "a format of your own (./FORMAT.mjs): what its parser would send, too",
    },
    svg: { type: "output", describe: "write the map of the file as a picture, for documents" },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type InspectWords = Read<typeof INSPECT>;
