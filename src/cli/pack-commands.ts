import { PACK_CONTAINER, PACK_ENVELOPE, PACK_PE, PACK_UKI, PACK_ZBOOT } from "#commands/pack/options.ts";
import { runContainer, runEnvelope, runPe, runUki, runZboot } from "#commands/pack/run.ts";
import { UNPACK } from "#commands/unpack/options.ts";
import { runUnpack } from "#commands/unpack/run.ts";
import { command } from "./command.ts";

/** As `QUICK_COMMANDS`, in another script. */
export const PACK_COMMANDS = {
  pack: {
    describe: "pack envelopes, bytecode, containers, zboot images, UKIs",
    commands: {
      envelope: command(PACK_ENVELOPE, async () => runEnvelope),
      pe: command(PACK_PE, async () => runPe),
      container: command(PACK_CONTAINER, async () => runContainer),
      zboot: command(PACK_ZBOOT, async () => runZboot),
      uki: command(PACK_UKI, async () => runUki),
    },
  },
  unpack: command(UNPACK, async () => runUnpack),
};
