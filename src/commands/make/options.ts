import { MAKE_VARIABLES } from "#build/make-variables.ts";
import type { CommandRow } from "#grammar/rows.ts";

const VARIABLES = Object.entries(MAKE_VARIABLES).map(([name, meaning]) => `  ${name.padEnd(20)} ${meaning}`);

/** For help alone: make's words are make's own grammar (`api/make/words.ts`). */
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
  epilogue: [
    "Options: -C DIR, -j[N], -s, -n (say what would be done), -k (go on after a failure), -B (make all again), -q (status 1: there is",
    "something to do); their long names, and those that change nothing here (-w, -r, -R, -l, -O). MAKEFLAGS of a make that runs",
    "this holds, too. build_zboot_envelop and build_zboot_image are goals with nothing to build.",
    "",
    "Variables:",
    ...VARIABLES,
  ].join("\n"),
} as const satisfies CommandRow;
