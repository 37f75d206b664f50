import { COMPILING, JSON_FLAG, LOADING, RECORD_SIZES } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { NO_REFERENCE, REFERENCES } from "#verify/reference-names.ts";

/** Seconds that one query may take. */
const TIMEOUT = 60;

export const PROVE = {
  describe: "prove for all images that parsers send what is specified, and are safe",
  positionals: {
    parsers: {
      type: "name",
      required: true,
      repeatable: true,
      describe: ".bpf container, _bytecode.o, light skeleton, BPF .o or .c",
    },
  },
  options: {
    reference: {
      type: "word",
      choices: [...REFERENCES, NO_REFERENCE],
      orModule: true,
      describe:
        "whose format it takes (default: by the source's name; safety alone where that does not tell)",
    },
    safety: { type: "flag", describe: "prove safety alone: accesses, nothing kept, nothing after a refusal" },
    ...LOADING,
    ...RECORD_SIZES,
    ...COMPILING,
    solver: {
      type: "word",
      describe: "z3, cvc5, bitwuzla, or a path (default: the package z3-solver, else z3)",
    },
    timeout: {
      type: "count",
      least: 1,
      most: 86_400,
      default: TIMEOUT,
      describe: "seconds that one query may take",
    },
    counterexamples: { type: "folder", describe: "write images that refute into this folder" },
    smt2: { type: "folder", describe: "write the solver's scripts into this folder" },
    output: { type: "output", alias: "o", describe: "certificate to write where everything is proven" },
    html: {
      type: "output",
      describe: "write a page with the obligations and the runs that refute (docs/explore.md)",
    },
    json: { ...JSON_FLAG, describe: "the proof as JSON" },
  },
} as const satisfies CommandRow;

export type ProveWords = Read<typeof PROVE>;
