import { REVISIONS } from "#abi/revisions.ts";
import { JSON_FLAG, RECORD_SIZES } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { PARSER_ARCHITECTURES } from "#verify/parser-architecture.ts";
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
    abi: {
      type: "word",
      choices: REVISIONS,
      describe: "interface revision (default: that of --btf, else the parser's own)",
    },
    arch: {
      type: "word",
      choices: PARSER_ARCHITECTURES,
      describe: "of the kernels that parsers are for whose files do not say",
    },
    btf: { type: "path", describe: "load for the kernel with this BTF (raw, vmlinux, or any image)" },
    ...RECORD_SIZES,
    include: {
      type: "path",
      alias: "I",
      repeatable: true,
      describe: "folder with headers for a .c (repeatable)",
    },
    clang: { type: "word", describe: "clang to use for a .c (else CLANG, LLVM, PATH)" },
    "libbpf-headers": { type: "word", describe: "folder that has bpf/bpf_helpers.h" },
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
    json: { ...JSON_FLAG, describe: "the proof as JSON" },
  },
} as const satisfies CommandRow;

export type ProveWords = Read<typeof PROVE>;
