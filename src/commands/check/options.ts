import { JSON_FLAG } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const CHECK = {
  describe: "hash the files that a manifest or a proof's certificate names, and compare",
  positionals: { manifest: { type: "path", required: true } },
  options: {
    inputs: {
      type: "flag",
      describe: "fail for changed and missing inputs too, and not for outputs alone",
    },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type CheckWords = Read<typeof CHECK>;
