import { LARGEST_PART } from "#abi/limits.ts";
import { REVISIONS } from "#abi/revisions.ts";
import { PART_SIZE } from "#api/common/number-rows.ts";
import type { CommandRow, NumberRow, OptionRow, WordRow } from "#grammar/rows.ts";
import { PARSER_ARCHITECTURES } from "#verify/parser-architecture.ts";
import { NO_REFERENCE, REFERENCES } from "#verify/reference-names.ts";

/** Options that several commands have. */
export const JSON_FLAG = { type: "flag", describe: "the result as JSON" } as const satisfies OptionRow;

export const OUTPUT_FILE = {
  type: "output",
  alias: "o",
  required: true,
  describe: "file to write",
} as const satisfies WordRow;

export const OUTPUT_FOLDER = {
  type: "folder",
  alias: "o",
  required: true,
  describe: "folder to write into",
} as const satisfies WordRow;

/** Of a command that needs one revision. */
export const ABI = {
  type: "word",
  choices: REVISIONS,
  default: "v7",
  describe: "interface revision",
} as const satisfies WordRow;

/** The largest parts that a parser's records take. */
export const RECORD_SIZES = {
  "max-kernel": { ...PART_SIZE, describe: "largest kernel that its record takes" },
  "max-initrd": { ...PART_SIZE, describe: "largest initrd" },
  "max-cmdline": { ...PART_SIZE, describe: "largest command line" },
} as const satisfies CommandRow["options"];

/** Of a command that judges parsers. */
export const REFERENCE = {
  type: "word",
  choices: [...REFERENCES, NO_REFERENCE],
  orModule: true,
  describe:
    "what to judge by, or ./FORMAT.mjs of your own (default: by the source's name, as in uki_parser_bpf.c)",
} as const satisfies WordRow;

export const LIMIT = {
  ...PART_SIZE,
  default: LARGEST_PART,
  defaultDescription: "what the kernel can take",
  describe: "largest part a parser may carry, such as 64M",
} as const satisfies NumberRow;

export const ALLOW_WEAK = {
  type: "flag",
  describe: "take hashes, keys and algorithms that kernels do not take",
} as const satisfies OptionRow;

/** Of a command that loads parsers: for which kernel. */
export const LOADING = {
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
} as const satisfies CommandRow["options"];

/** Of a command that takes parsers as `.c`. */
export const COMPILING = {
  include: {
    type: "path",
    alias: "I",
    repeatable: true,
    describe: "folder with headers for a .c (repeatable)",
  },
  clang: { type: "word", describe: "clang to use for a .c (else CLANG, LLVM, PATH)" },
  "libbpf-headers": { type: "word", describe: "folder that has bpf/bpf_helpers.h" },
} as const satisfies CommandRow["options"];
