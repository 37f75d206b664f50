import { resolve } from "node:path";
import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import type { Call } from "./call.ts";
import { numberOption } from "./numbers.ts";

const ARCHS = ["x86", "arm64", "riscv"] as const;

/** `kexec-bpf boot-test`: an image taken apart in a real kernel, and booted. */
export function bootTestCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "boot-test <container> <image>",
    "take an image apart in a real kernel (QEMU) and kexec into what comes out",
    (command) =>
      command
        .positional("container", { type: "string", demandOption: true, describe: ".bpf container" })
        .positional("image", { type: "string", demandOption: true })
        .option("expect", {
          type: "string",
          requiresArg: true,
          describe: "text that the second kernel has to write to its console [its command line]",
        })
        .option("arch", { choices: ARCHS, default: "x86" as const, describe: "of the guest" })
        .option("abi", { choices: REVISIONS, default: "v7" as const, describe: "interface revision" })
        .option("deb", {
          type: "string",
          requiresArg: true,
          conflicts: "kernel",
          describe:
            "Debian suite with the first kernel [bookworm-backports; arm64: this machine's release; riscv: trixie]",
        })
        .option("kernel", {
          type: "string",
          requiresArg: true,
          implies: "headers",
          describe: "first kernel: a bzImage or Image",
        })
        .option("headers", {
          type: "string",
          requiresArg: true,
          implies: "kernel",
          describe: "its build folder, /lib/modules/RELEASE/build",
        })
        .option("timeout", { ...numberOption("timeout"), default: 300, describe: "seconds" })
        .option("output", { alias: "o", type: "string", requiresArg: true, describe: "file for the console" })
        .option("json", { type: "boolean", default: false, describe: "the report as JSON" }),
    async (options) => {
      const path = (name: string) => resolve(io.cwd, name);
      const { kernel, headers } = options;
      const { bootTest } = await import("./boot-test.ts");
      finish(
        await bootTest(
          {
            container: path(options.container),
            image: path(options.image),
            expect: options.expect,
            arch: options.arch,
            revision: options.abi,
            kernel:
              kernel !== undefined && headers !== undefined
                ? { image: path(kernel), headers: path(headers) }
                : options.deb,
            timeout: 1000 * options.timeout,
            output: options.output === undefined ? undefined : path(options.output),
            json: options.json,
          },
          io,
        ),
      );
    },
  );
}
