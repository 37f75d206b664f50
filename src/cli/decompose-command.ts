import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import { LARGEST_PART } from "#api/limits.ts";
import type { Call } from "./call.ts";
import { numberOption } from "./numbers.ts";

/** `kexec-bpf decompose`: what the kernel would make of an image. */
export function decomposeCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "decompose <container> <image>",
    "take an image apart as the kernel would, with the parsers' bytecode",
    (command) =>
      command
        .positional("container", {
          type: "string",
          demandOption: true,
          describe: ".bpf container (v6: not used, the image has its own)",
        })
        .positional("image", { type: "string", demandOption: true })
        .option("output", {
          alias: "o",
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "folder for kernel, initrd, cmdline; one that the image does not have is removed",
        })
        .option("abi", { choices: REVISIONS, default: "v7" as const, describe: "interface revision" })
        .option("reference", {
          type: "boolean",
          default: false,
          describe: "let the reference parsers stand in for the bytecode",
        })
        .option("limit", {
          ...numberOption("limit"),
          default: LARGEST_PART,
          defaultDescription: "what the kernel can take",
          describe: "with --reference: the largest part, such as 64M",
        })
        .option("json", { type: "boolean", default: false }),
    async (options) => {
      const { runDecompose } = await import("./decompose.ts");
      const { abi: revision, reference, container, image, output, json } = options;
      const part = options.limit;
      finish(await runDecompose({ revision, reference, part, container, image, output, json }, io));
    },
  );
}
