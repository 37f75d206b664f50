import { ABI, JSON_FLAG, OUTPUT_FOLDER } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { FORMATS } from "#verify/mutations/formats.ts";
import { REFERENCES } from "#verify/reference-names.ts";

export const CORPUS = {
  describe: "write hostile images to a folder, for `verify --image` and for other people's parsers",
  positionals: {},
  options: {
    output: { ...OUTPUT_FOLDER, describe: "folder" },
    format: { type: "word", choices: FORMATS, describe: "only images of this format" },
    reference: {
      type: "word",
      choices: REFERENCES,
      orModule: true,
      describe: "only images for parsers with this reference; ./FORMAT.mjs brings its own",
    },
    from: { type: "name", describe: "mutate this image instead of small built-in ones" },
    arch: {
      type: "word",
      choices: ["arm64", "riscv", "loongarch"],
      default: "arm64",
      describe: "of the plain kernels, whose header says for which they are",
    },
    abi: ABI,
    json: { ...JSON_FLAG, describe: "list the cases as JSON" },
  },
} as const satisfies CommandRow;

export type CorpusWords = Read<typeof CORPUS>;
