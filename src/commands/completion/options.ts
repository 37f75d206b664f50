import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;

export const COMPLETION = {
  describe: "print a script that completes words in a shell",
  positionals: {
    shell: {
      type: "word",
      choices: SHELLS,
      describe: "default: as SHELL in the environment says, else bash",
    },
  },
  options: {},
} as const satisfies CommandRow;

export type CompletionWords = Read<typeof COMPLETION>;
