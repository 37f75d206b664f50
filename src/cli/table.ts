import { BOOT_TEST } from "#commands/boot-test/options.ts";
import { DECOMPOSE } from "#commands/decompose/options.ts";
import { KERNEL_TEST } from "#commands/kernel-test/options.ts";
import { STREAM, STREAM_DIFF, STREAM_REFERENCE, STREAM_SHOW } from "#commands/stream/options.ts";
import { VERIFY } from "#commands/verify/options.ts";
import { type Commands, command } from "./command.ts";
import { PACK_COMMANDS } from "./pack-commands.ts";
import { QUICK_COMMANDS } from "./quick-commands.ts";

/** All commands by name, in the order in which help lists them. */
export const COMMANDS: Commands = {
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
      diff: command(STREAM_DIFF, async () => (await import("#commands/stream/run.ts")).runStreamDiff),
    },
  },
  verify: command(VERIFY, async () => (await import("#commands/verify/run.ts")).runVerify),
  "kernel-test": command(
    KERNEL_TEST,
    async () => (await import("#commands/kernel-test/run.ts")).runKernelTest,
  ),
  "boot-test": command(BOOT_TEST, async () => (await import("#commands/boot-test/run.ts")).runBootTest),
  ...PACK_COMMANDS,
};
