import { JSON_FLAG } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const NEW_TARGET = {
  describe: "write a target of your own to begin with: description, body, reference and a test",
  positionals: { name: { type: "word", required: true, describe: "of the target: android_boot" } },
  options: {
    output: { type: "folder", alias: "o", describe: "folder to write into (default: the target's name)" },
    json: { ...JSON_FLAG, describe: "the names of the files as JSON" },
  },
} as const satisfies CommandRow;

export type NewTargetWords = Read<typeof NEW_TARGET>;
