import type { Argv } from "yargs";
import { buildCommand } from "./build-command.ts";
import type { Call } from "./call.ts";
import { checkCommand } from "./check-command.ts";
import { corpusCommand } from "./corpus-command.ts";
import { disasmCommand } from "./disasm-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { fuzzCommand } from "./fuzz-command.ts";
import { makeCommand } from "./make-help.ts";
import { signCommand } from "./sign-command.ts";
import { verifySignatureCommand } from "./verify-signature-command.ts";

export type Command = {
  readonly add: (parser: Argv, call: Call) => Argv;
  /** Options that may be given several times. */
  readonly several?: readonly string[];
  /** Whether its `--output` is one file, which may go to stdout. */
  readonly oneOutput?: boolean;
  /** What its second word may be, where that has help of its own. */
  readonly actions?: readonly string[];
};

/** All commands by name, in the order in which help lists them. */
export const LEGACY: Readonly<Record<string, Command>> = {
  build: { add: buildCommand, several: ["targets"] },
  make: { add: makeCommand },
  disasm: { add: disasmCommand },
  corpus: { add: corpusCommand },
  fuzz: { add: fuzzCommand, several: ["image"] },
  sign: { add: signCommand, oneOutput: true },
  "verify-signature": { add: verifySignatureCommand },
  check: { add: checkCommand },
  doctor: { add: doctorCommand },
};
