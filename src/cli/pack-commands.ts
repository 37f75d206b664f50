import { CONTAINER, ENVELOPE, PE, UKI, ZBOOT } from "#commands/pack/options.ts";
import { runContainer, runEnvelope, runPe, runUki, runZboot } from "#commands/pack/run.ts";
import { UNPACK } from "#commands/unpack/options.ts";
import { runUnpack } from "#commands/unpack/run.ts";
import { command } from "./command.ts";

/** As `QUICK_COMMANDS`, in another script. */
export const PACK_COMMANDS = {
  pack: {
    describe: "pack envelopes, bytecode, containers, zboot images, UKIs",
    commands: {
      envelope: command(ENVELOPE, async () => runEnvelope),
      pe: command(PE, async () => runPe),
      container: command(CONTAINER, async () => runContainer),
      zboot: command(ZBOOT, async () => runZboot),
      uki: command(UKI, async () => runUki),
    },
  },
  unpack: command(UNPACK, async () => runUnpack),
};
