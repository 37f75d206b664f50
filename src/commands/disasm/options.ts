import { REVISIONS } from "#abi/revisions.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const DISASM = {
  describe: "print the programs of a BPF object, light skeleton, bytecode object or .bpf container",
  positionals: { file: { type: "path", required: true } },
  options: {
    loader: { type: "flag", describe: "the light skeleton's loader program (opts_insn) itself" },
    load: {
      type: "flag",
      default: true,
      describe: "--no-load: a BPF object's code as it stands, for no kernel",
    },
    raw: { type: "flag", describe: "encoded bytes, too" },
    abi: {
      type: "word",
      choices: REVISIONS,
      describe: "load for this revision's profile (default: the one that the file fits)",
    },
    btf: {
      type: "path",
      describe: "load for the kernel with this BTF (raw, vmlinux, or any image with it)",
    },
    json: { type: "flag" },
  },
} as const satisfies CommandRow;

export type DisasmWords = Read<typeof DISASM>;
