import { basename } from "node:path";
import type { DescribedCommand } from "#commands/described.ts";
import { unreachable } from "#core/unreachable.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { type CompletionWords, SHELLS } from "./options.ts";
import { zshScript } from "./zsh.ts";

/** @param groups what is said of a first word that several commands have */
export async function runCompletion(
  { given }: CompletionWords,
  io: Io,
  commands: readonly DescribedCommand[],
  groups: Readonly<Record<string, string>>,
): Promise<number> {
  const own = SHELLS.find((name) => name === basename(io.env["SHELL"] ?? ""));
  const shell = given.shell ?? own ?? "bash";
  switch (shell) {
    case "bash":
      io.stdout(bashScript(commands));
      break;
    case "zsh":
      io.stdout(zshScript(commands, groups));
      break;
    case "fish":
      io.stdout(fishScript(commands, groups));
      break;
    default:
      unreachable(shell);
  }
  return EXIT.ok;
}
