import { resolve } from "node:path";
import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import { REFERENCES } from "#verify/reference-names.ts";
import type { Call } from "./call.ts";
import { numberOption } from "./numbers.ts";

/** Debian's suites with a kernel that has what parsers need; the first is the default. */
const MATRIX = ["bookworm-backports", "trixie", "trixie-backports", "sid"];

/** `kexec-bpf kernel-test`: parsers in a real kernel, against the VM and the reference. */
export function kernelTestCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "kernel-test <containers..>",
    "run parsers in a real kernel (QEMU) and compare with the VM and the reference parsers",
    (command) => {
      return command
        .positional("containers", {
          type: "string",
          array: true,
          demandOption: true,
          describe: ".bpf containers",
        })
        .option("image", {
          type: "string",
          array: true,
          requiresArg: true,
          default: [] as string[],
          describe: "image to show to every parser, or a folder of them; may be repeated",
        })
        .option("corpus", { type: "string", requiresArg: true, describe: "the same: a folder of images" })
        .option("kernel", {
          type: "string",
          requiresArg: true,
          implies: "headers",
          describe: "bzImage to boot",
        })
        .option("headers", {
          type: "string",
          requiresArg: true,
          implies: "kernel",
          describe: "its build folder, /lib/modules/RELEASE/build",
        })
        .option("deb", {
          type: "string",
          array: true,
          requiresArg: true,
          conflicts: "kernel",
          describe: "Debian suite with the kernel [bookworm-backports]; may be repeated",
        })
        .option("matrix", {
          type: "boolean",
          // A default would be in conflict, too.
          conflicts: ["kernel", "deb"],
          describe: `the kernels of ${MATRIX.join(", ")}`,
        })
        .option("abi", {
          choices: REVISIONS,
          describe: "interface revision (default: that which the parsers were compiled for)",
        })
        .option("reference", {
          choices: [...REFERENCES, "none"] as const,
          describe: "reference parser (else by the name of the parser's source)",
        })
        .option("max-kernel", {
          ...numberOption("max-kernel"),
          describe: "largest kernel that the parsers were built for",
        })
        .option("max-initrd", { ...numberOption("max-initrd"), describe: "largest initrd" })
        .option("max-cmdline", { ...numberOption("max-cmdline"), describe: "largest command line" })
        .option("log-level", {
          ...numberOption("log-level"),
          default: 5,
          describe: "of the verifier: 1 instructions, 2 states, 4 statistics, added up",
        })
        .option("timeout", {
          ...numberOption("timeout"),
          default: 300,
          describe: "seconds for one boot",
        })
        .option("output", {
          alias: "o",
          type: "string",
          requiresArg: true,
          describe: "folder for consoles and verifier logs",
        })
        .option("json", { type: "boolean", default: false, describe: "the report as JSON" })
        .check((options) => {
          if (options.image.length === 0 && options.corpus === undefined)
            throw new Error("give images by --image or --corpus");
          return true;
        });
    },
    async (options) => {
      const path = (name: string) => resolve(io.cwd, name);
      const { kernel, headers } = options;
      const { kernelTest } = await import("./kernel-test.ts");
      finish(
        await kernelTest(
          {
            containers: [...new Set(options.containers.map(path))],
            images: [...options.image, ...(options.corpus === undefined ? [] : [options.corpus])].map(path),
            kernels:
              kernel !== undefined && headers !== undefined
                ? [{ image: path(kernel), headers: path(headers) }]
                : (options.deb ?? (options.matrix ? MATRIX : MATRIX.slice(0, 1))),
            revision: options.abi,
            reference: options.reference,
            limits: { kernel: options.maxKernel, initrd: options.maxInitrd, cmdline: options.maxCmdline },
            logLevel: options.logLevel,
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
