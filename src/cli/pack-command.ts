import type { Argv } from "yargs";
import type { Call } from "./call.ts";
import { PACK_COMMANDS } from "./pack-words.ts";
import { helpOf } from "./words.ts";

/** `kexec-bpf pack --help`; the words themselves are not for yargs (`run-pack.ts`). */
export function packCommand(parser: Argv, _call: Call): Argv {
  return parser.command(
    "pack <what>",
    "pack envelopes, bytecode, containers, zboot images, UKIs",
    (command) => {
      const commands = Object.values(PACK_COMMANDS);
      return commands.reduce((described, words) => helpOf(described, words), command);
    },
  );
}
