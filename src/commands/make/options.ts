import { MAKE_VARIABLES } from "#build/make-variables.ts";
import type { CommandRow } from "#grammar/rows.ts";

const VARIABLES = Object.entries(MAKE_VARIABLES).map(([name, meaning]) => `  ${name.padEnd(15)} ${meaning}`);

/** For help alone: make's words are make's own grammar (`words.ts`). */
export const MAKE = {
  describe: "stand in for make -C tools/kexec: goals and VAR=value",
  positionals: {
    words: {
      type: "word",
      repeatable: true,
      describe: "goals (zboot, uki, all, clean, zboot_image.elf, another file), VAR=value",
    },
  },
  options: {},
  epilogue: `Options: -C DIR, -j[N], -s. Variables:\n${VARIABLES.join("\n")}`,
} as const satisfies CommandRow;
