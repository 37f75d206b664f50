import { COMPILING, JSON_FLAG, LOADING, RECORD_SIZES, REFERENCE } from "#commands/options.ts";
import { ACCEPTANCES } from "#core/verification.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const VERIFY = {
  describe: "run parsers over images and compare what they emit with the reference parsers",
  positionals: {
    parsers: { type: "name", repeatable: true, describe: ".bpf container, _bytecode.o, BPF .o or .c" },
  },
  options: {
    parser: {
      type: "name",
      repeatable: true,
      describe: "the same: a parser of your own, such as my_parser_bpf.c",
    },
    image: {
      type: "name",
      repeatable: true,
      describe: "image, or a folder of them (repeatable; default: the hostile corpus)",
    },
    reference: REFERENCE,
    expected: { type: "path", describe: "judge by the stream in this .kbs file, that of the --image" },
    ...LOADING,
    effect: { type: "flag", describe: "compare what the kernel makes of the streams" },
    "fault-paths": { type: "flag", default: true, describe: "deny each thing asked for, too" },
    expect: {
      type: "word",
      choices: ACCEPTANCES,
      describe: "what every image must be (default: at least one accepted)",
    },
    ...RECORD_SIZES,
    ...COMPILING,
    coverage: { type: "flag", describe: "report which of the parsers' branches the images reach" },
    json: { ...JSON_FLAG, describe: "the verdicts as JSON" },
    junit: { type: "output", describe: "write a JUnit report" },
    sarif: { type: "output", describe: "write a SARIF report" },
    html: { type: "output", describe: "write a page with the results and their runs (docs/explore.md)" },
    github: {
      type: "flag",
      describe: "annotate the findings for GitHub Actions, and add to $GITHUB_STEP_SUMMARY",
    },
    watch: { type: "flag", describe: "again whenever a parser or an image changes" },
  },
} as const satisfies CommandRow;

export type VerifyWords = Read<typeof VERIFY>;
