import type { Argv } from "yargs";
import { MAKE_VARIABLES } from "#build/make-variables.ts";
import type { Call } from "./call.ts";

/** `kexec-bpf make --help`; make's words themselves are not for yargs. */
export function makeCommand(parser: Argv, _call: Call): Argv {
  const rows = Object.entries(MAKE_VARIABLES).map(([name, meaning]) => `  ${name.padEnd(15)} ${meaning}`);
  return parser.command(
    "make [words..]",
    "stand in for make -C tools/kexec: goals and VAR=value",
    (command) =>
      command
        .positional("words", {
          type: "string",
          array: true,
          describe: "goals (zboot, uki, all, clean, zboot_image.elf, another file), VAR=value",
        })
        .epilogue(`Options: -C DIR, -j[N], -s. Variables:\n${rows.join("\n")}`),
  );
}
