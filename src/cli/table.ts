import { BOOT_TEST } from "#commands/boot-test/options.ts";
import { BUILD } from "#commands/build/options.ts";
import { CHECK } from "#commands/check/options.ts";
import { COMPLETION } from "#commands/completion/options.ts";
import { CORPUS } from "#commands/corpus/options.ts";
import { DECOMPOSE } from "#commands/decompose/options.ts";
import { DISASM } from "#commands/disasm/options.ts";
import { DOCTOR } from "#commands/doctor/options.ts";
import { EJECT } from "#commands/eject/options.ts";
import { EXPLORE } from "#commands/explore/options.ts";
import {
  FLEET,
  FLEET_CLEAN,
  FLEET_COMPARE,
  FLEET_INIT,
  FLEET_MERGE,
  FLEET_RUN,
  FLEET_SCHEMA,
  FLEET_STATUS,
} from "#commands/fleet/options.ts";
import { FUZZ, FUZZ_MERGE } from "#commands/fuzz/options.ts";
import { KERNEL_TEST, KERNEL_TEST_MERGE } from "#commands/kernel-test/options.ts";
import { MAKE } from "#commands/make/options.ts";
import { MANUAL } from "#commands/manual/options.ts";
import { NEW_TARGET } from "#commands/new-target/options.ts";
import { PROVE } from "#commands/prove/options.ts";
import { SIGN } from "#commands/sign/options.ts";
import {
  STREAM,
  STREAM_DIFF,
  STREAM_RECORD,
  STREAM_REFERENCE,
  STREAM_SHOW,
} from "#commands/stream/options.ts";
import { VERIFY } from "#commands/verify/options.ts";
import { VERIFY_SIGNATURE } from "#commands/verify-signature/options.ts";
import { allDescribed, type Commands, command, described, groupsOf, withSubcommand } from "./command.ts";
import { PACK_COMMANDS } from "./pack-commands.ts";
import { QUICK_COMMANDS } from "./quick-commands.ts";

/** All commands by name, in the order in which help lists them. */
export const COMMANDS: Commands = {
  build: command(BUILD, async () => (await import("#commands/build/run.ts")).runBuild),
  // make's words are make's grammar.
  make: {
    row: MAKE,
    run: async (words, io) => (await import("#commands/make/run.ts")).runMake(words, io),
  },
  "new-target": command(NEW_TARGET, async () => (await import("#commands/new-target/run.ts")).runNewTarget),
  eject: command(EJECT, async () => (await import("#commands/eject/run.ts")).runEject),
  ...QUICK_COMMANDS,
  decompose: command(DECOMPOSE, async () => (await import("#commands/decompose/run.ts")).runDecompose),
  stream: {
    describe: STREAM,
    commands: {
      show: command(STREAM_SHOW, async () => (await import("#commands/stream/run.ts")).runStreamShow),
      reference: command(
        STREAM_REFERENCE,
        async () => (await import("#commands/stream/run.ts")).runStreamReference,
      ),
      record: command(STREAM_RECORD, async () => (await import("#commands/stream/run.ts")).runStreamRecord),
      diff: command(STREAM_DIFF, async () => (await import("#commands/stream/run.ts")).runStreamDiff),
    },
  },
  disasm: command(DISASM, async () => (await import("#commands/disasm/run.ts")).runDisasm),
  explore: command(EXPLORE, async () => (await import("#commands/explore/run.ts")).runExplore),
  verify: command(VERIFY, async () => (await import("#commands/verify/run.ts")).runVerify),
  prove: command(PROVE, async () => (await import("#commands/prove/run.ts")).runProve),
  corpus: command(CORPUS, async () => (await import("#commands/corpus/run.ts")).runCorpus),
  fuzz: withSubcommand(
    command(FUZZ, async () => (await import("#commands/fuzz/run.ts")).runFuzz),
    "merge",
    command(FUZZ_MERGE, async () => (await import("#commands/fuzz/merge.ts")).runFuzzMerge),
  ),
  fleet: {
    describe: FLEET,
    commands: {
      init: command(FLEET_INIT, async () => (await import("#commands/fleet/others.ts")).runFleetInit),
      run: command(FLEET_RUN, async () => (await import("#commands/fleet/run.ts")).runFleetRun),
      status: command(FLEET_STATUS, async () => (await import("#commands/fleet/others.ts")).runFleetStatus),
      merge: command(FLEET_MERGE, async () => (await import("#commands/fleet/others.ts")).runFleetMerge),
      compare: command(
        FLEET_COMPARE,
        async () => (await import("#commands/fleet/others.ts")).runFleetCompare,
      ),
      schema: command(FLEET_SCHEMA, async () => (await import("#commands/fleet/others.ts")).runFleetSchema),
      clean: command(FLEET_CLEAN, async () => (await import("#commands/fleet/others.ts")).runFleetClean),
    },
  },
  "kernel-test": withSubcommand(
    command(KERNEL_TEST, async () => (await import("#commands/kernel-test/run.ts")).runKernelTest),
    "merge",
    command(
      KERNEL_TEST_MERGE,
      async () => (await import("#commands/kernel-test/merge.ts")).runKernelTestMerge,
    ),
  ),
  "boot-test": command(BOOT_TEST, async () => (await import("#commands/boot-test/run.ts")).runBootTest),
  sign: command(SIGN, async () => (await import("#commands/sign/run.ts")).runSign),
  "verify-signature": command(
    VERIFY_SIGNATURE,
    async () => (await import("#commands/verify-signature/run.ts")).runVerifySignature,
  ),
  check: command(CHECK, async () => (await import("#commands/check/run.ts")).runCheck),
  ...PACK_COMMANDS,
  doctor: command(DOCTOR, async () => (await import("#commands/doctor/run.ts")).runDoctor),
  manual: command(MANUAL, async () => {
    const { runManual } = await import("#commands/manual/run.ts");
    return (read, io) => runManual(read, io, allDescribed(COMMANDS), groupsOf(COMMANDS));
  }),
  completion: command(COMPLETION, async () => {
    const { runCompletion } = await import("#commands/completion/run.ts");
    return (read, io) => runCompletion(read, io, described(COMMANDS), groupsOf(COMMANDS));
  }),
};
