import { ABI, JSON_FLAG, LIMIT, OUTPUT_FOLDER } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const DECOMPOSE = {
  describe: "take an image apart as the kernel would, with the parsers' bytecode",
  positionals: {
    container: {
      type: "path",
      required: true,
      describe: ".bpf container (v6: not used, the image has its own)",
    },
    image: { type: "path", required: true },
  },
  options: {
    output: {
      ...OUTPUT_FOLDER,
      describe: "folder for kernel, initrd, cmdline; one that the image does not have is removed",
    },
    abi: ABI,
    reference: { type: "flag", describe: "let the reference parsers stand in for the bytecode" },
    limit: { ...LIMIT, describe: "with --reference: the largest part, such as 64M" },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type DecomposeWords = Read<typeof DECOMPOSE>;
