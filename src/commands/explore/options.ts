import { REFERENCE } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const EXPLORE = {
  describe: "write a page that shows images, what parsers send for them, and their runs step by step",
  positionals: {
    files: { type: "name", repeatable: true, describe: "kernel images, UKIs, containers" },
  },
  options: {
    parser: {
      type: "name",
      repeatable: true,
      describe: ".bpf container, _bytecode.o or BPF .o (repeatable)",
    },
    reference: REFERENCE,
    output: {
      type: "output",
      alias: "o",
      default: "explore.html",
      describe: "page to write",
    },
    open: { type: "flag", describe: "show it in the browser (xdg-open)" },
  },
} as const satisfies CommandRow;

export type ExploreWords = Read<typeof EXPLORE>;
