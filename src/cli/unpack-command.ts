import type { Argv } from "yargs";
import type { Call } from "./call.ts";
import { UNPACK_COMMAND } from "./pack-words.ts";
import { helpOf } from "./words.ts";

/** `kexec-bpf unpack --help`; the words themselves are not for yargs (`run-pack.ts`). */
export function unpackCommand(parser: Argv, _call: Call): Argv {
  return helpOf(parser, UNPACK_COMMAND);
}
