import type { Argv } from "yargs";
import { bootTestCommand } from "./boot-test-command.ts";
import { buildCommand } from "./build-command.ts";
import type { Call } from "./call.ts";
import { checkCommand } from "./check-command.ts";
import { decomposeCommand } from "./decompose-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { kernelTestCommand } from "./kernel-test-command.ts";
import { makeCommand } from "./make-help.ts";
import { packCommand } from "./pack-command.ts";
import { PACK_COMMANDS } from "./pack-words.ts";
import { signCommand } from "./sign-command.ts";
import { streamCommand } from "./stream-command.ts";
import { unpackCommand } from "./unpack-command.ts";
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
  decompose: { add: decomposeCommand },
  stream: { add: streamCommand, oneOutput: true, actions: ["show", "reference", "diff"] },
  "kernel-test": { add: kernelTestCommand, several: ["image", "deb"] },
  "boot-test": { add: bootTestCommand },
  sign: { add: signCommand, oneOutput: true },
  "verify-signature": { add: verifySignatureCommand },
  check: { add: checkCommand },
  pack: { add: packCommand, actions: Object.keys(PACK_COMMANDS) },
  unpack: { add: unpackCommand },
  doctor: { add: doctorCommand },
};
