import { availableParallelism } from "node:os";
import { REVISIONS } from "#abi/revisions.ts";
import { JSON_FLAG, OUTPUT_FOLDER, RECORD_SIZES, REFERENCE } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { PARSER_ARCHITECTURES } from "#verify/parser-architecture.ts";

/** A year, in seconds. */
const YEAR = 365 * 86_400;

const JUDGED_BY = {
  reference: REFERENCE,
  abi: {
    type: "word",
    choices: REVISIONS,
    describe: "interface revision (default: the parser's own)",
  },
  arch: {
    type: "word",
    choices: PARSER_ARCHITECTURES,
    describe: "of the kernels that it is for, where its file does not say",
  },
  ...RECORD_SIZES,
} as const;

export const FUZZ = {
  describe: "look for images and faults with which a parser does not do what its reference parser says",
  positionals: {
    parser: { type: "name", required: true, describe: ".bpf container, _bytecode.o or BPF .o" },
  },
  options: {
    image: {
      type: "name",
      repeatable: true,
      describe: "good image to start from (repeatable; default: small built-in ones)",
    },
    corpus: { type: "folder", describe: "folder of the queue and the findings (default: PARSER.fuzz)" },
    seed: {
      type: "count",
      least: 0,
      most: Number.MAX_SAFE_INTEGER,
      describe: "for the sequence of cases (default: 1)",
    },
    runs: { type: "count", least: 1, most: Number.MAX_SAFE_INTEGER, describe: "cases to run" },
    time: { type: "time", least: 0, most: YEAR, describe: "how long, such as 90, 15m, 8h" },
    workers: {
      type: "count",
      least: 1,
      // Each is a thread with parser and images of its own.
      most: Math.max(64, availableParallelism()),
      default: availableParallelism(),
      describe: "threads; with 1 the same seed gives the same cases",
    },
    shard: { type: "word", describe: "a part of the cases: I/N, or auto, as the engine says that runs this" },
    ...JUDGED_BY,
    html: { type: "output", describe: "write a page with the findings and their runs (docs/explore.md)" },
    json: { ...JSON_FLAG, describe: "the summary as JSON" },
  },
  epilogue:
    "fuzz merge FOLDER... -o FOLDER joins corpora: the smallest inputs that reach all branches, findings once.",
} as const satisfies CommandRow;

export type FuzzWords = Read<typeof FUZZ>;

export const FUZZ_MERGE = {
  describe: "join the corpora of campaigns",
  positionals: {
    folders: { type: "path", required: true, repeatable: true, describe: "corpus folders" },
  },
  options: {
    output: OUTPUT_FOLDER,
    parser: { type: "name", describe: "parser that they are of (default: as the folders say)" },
    ...JUDGED_BY,
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type FuzzMergeWords = Read<typeof FUZZ_MERGE>;
