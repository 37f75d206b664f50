import { ABI, JSON_FLAG, OUTPUT_FOLDER } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { FORMATS } from "#verify/mutations/formats.ts";

export const CORPUS = {
  describe: "write hostile images to a folder, for `verify --image` and for other people's parsers",
  positionals: {},
  options: {
    output: { ...OUTPUT_FOLDER, describe: "folder" },
    format: { type: "word", choices: FORMATS, describe: "only images of this format" },
    from: { type: "name", describe: "mutate this image instead of small built-in ones" },
    abi: ABI,
    json: { ...JSON_FLAG, describe: "list the cases as JSON" },
  },
} as const satisfies CommandRow;

export type CorpusWords = Read<typeof CORPUS>;
