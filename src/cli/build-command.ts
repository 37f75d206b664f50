import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import { ARCHITECTURES, parseArchitecture } from "#kernel-image/architecture.ts";
import { eventPrinter } from "#report/events.ts";
import { ALLOW_WEAK } from "./allow-weak.ts";
import { buildText } from "./build-text.ts";
import type { Call } from "./call.ts";
import { numberOption } from "./numbers.ts";
import { DEFAULT_OUT } from "./request-key.ts";

/** `kexec-bpf build`: the parsers from a kernel, with options. */
export function buildCommand(parser: Argv, { argv, io, finish }: Call): Argv {
  return parser.command(
    "build [goals..]",
    "build parsers for a kernel",
    (command) =>
      command
        .positional("goals", {
          type: "string",
          array: true,
          describe: "targets (zboot, uki) or single files",
          default: ["all"],
        })
        .option("kernel-tree", { type: "string", requiresArg: true, describe: "built kernel source tree" })
        .option("vmlinux", {
          type: "string",
          requiresArg: true,
          describe: "kernel with BTF: ELF, raw BTF, bzImage, vmlinuz.efi or Image.gz",
        })
        .option("image", {
          type: "string",
          requiresArg: true,
          describe: "kernel image to measure: Image, zboot, UKI, bzImage",
        })
        .option("arch", {
          type: "string",
          requiresArg: true,
          describe: `${ARCHITECTURES.join(", ")}; else that of the image, of the types, of this machine`,
        })
        .option("abi", {
          choices: ["auto", ...REVISIONS] as const,
          default: "auto" as const,
          describe: "interface revision",
        })
        .option("output", {
          alias: "o",
          type: "string",
          requiresArg: true,
          default: DEFAULT_OUT,
          describe: "output folder",
        })
        .option("max-kernel", { ...numberOption("max-kernel"), describe: "largest kernel, such as 64M" })
        .option("max-initrd", { ...numberOption("max-initrd"), describe: "largest initrd" })
        .option("max-cmdline", { ...numberOption("max-cmdline"), describe: "largest command line" })
        .option("initramfs", { type: "string", requiresArg: true, describe: "initramfs to measure" })
        .option("targets", {
          type: "string",
          array: true,
          requiresArg: true,
          default: [] as string[],
          describe: "folder with targets of your own",
        })
        .option("clang", {
          type: "string",
          requiresArg: true,
          describe: "clang to use (else CLANG, LLVM, PATH)",
        })
        .option("bpftool", {
          type: "string",
          requiresArg: true,
          describe: "bpftool to use (else BPFTOOL, PATH)",
        })
        .option("libbpf-headers", {
          type: "string",
          requiresArg: true,
          describe: "folder that has bpf/bpf_helpers.h",
        })
        .option("bytecode-object", {
          choices: ["direct", "compiled"] as const,
          default: "direct" as const,
          describe: "write <p>_bytecode.o directly, or let clang compile <p>_bytecode.c",
        })
        .option("seed-payload-size", {
          type: "boolean",
          default: false,
          describe: "send payload_size - 4 as the first patches did (breaks all but gzip)",
        })
        .option("sign-key", {
          type: "string",
          requiresArg: true,
          implies: "sign-cert",
          describe: "private key to sign the light skeletons with (a newer bpftool does that)",
        })
        .option("sign-cert", {
          type: "string",
          requiresArg: true,
          implies: "sign-key",
          describe: "the key's certificate",
        })
        .option("allow-weak", ALLOW_WEAK)
        .option("jobs", { ...numberOption("jobs"), alias: "j", default: availableParallelism() })
        .option("verbose", { alias: "v", type: "boolean", default: false, describe: "show the commands" })
        .option("json", { type: "boolean", default: false, describe: "the report as JSON" })
        .check((options) => {
          if (options.arch !== undefined && parseArchitecture(options.arch) === undefined) {
            throw new Error(`unknown architecture ${options.arch}: ${ARCHITECTURES.join(", ")}`);
          }
          // Not repeated: it may have a PIN in it.
          const key = options["sign-key"];
          if (typeof key === "string" && key.startsWith("pkcs11:"))
            throw new Error("--sign-key is a file in PEM: bpftool signs with no token's key");
          return true;
        }),
    async (options) => {
      const path = (name: string | undefined) => (name === undefined ? undefined : resolve(io.cwd, name));
      const { carryOut } = await import("./carry-out.ts");
      const print = (line: string) => io.stderr(`${line}\n`);
      const status = await carryOut(
        {
          out: resolve(io.cwd, options.output),
          goals: options.goals,
          arch: options.arch === undefined ? undefined : parseArchitecture(options.arch),
          abi: options.abi,
          kernel: {
            tree: path(options.kernelTree),
            kbuildOutput: path(io.env["KBUILD_OUTPUT"]),
            vmlinux: path(options.vmlinux),
            vmlinuxHeader: undefined,
            image: path(options.image),
          },
          limits: {
            kernel: options.maxKernel,
            initrd: options.maxInitrd,
            cmdline: options.maxCmdline,
            initramfs: path(options.initramfs),
          },
          tools: {
            clang: options.clang,
            llvm: undefined,
            bpftool: options.bpftool,
            libbpfHeaders: options.libbpfHeaders,
          },
          targetFolders: options.targets.map((folder) => resolve(io.cwd, folder)),
          bytecodeObject: options.bytecodeObject,
          seedPayloadSize: options.seedPayloadSize,
          signing:
            options.signKey === undefined || options.signCert === undefined
              ? undefined
              : {
                  key: resolve(io.cwd, options.signKey),
                  certificate: resolve(io.cwd, options.signCert),
                  allowWeak: options.allowWeak,
                },
          envelope: undefined,
          jobs: options.jobs,
        },
        argv,
        io,
        eventPrinter({ name: "kexec-bpf", commands: options.verbose, steps: print, talk: print }),
        options.json
          ? {
              now: (report) => `${JSON.stringify(report)}\n`,
              nothingToDo: (report) => `${JSON.stringify({ ...report, ran: 0, milliseconds: 0 })}\n`,
            }
          : { now: (report) => buildText(report), nothingToDo: (report) => buildText({ ...report, ran: 0 }) },
      );
      finish(status);
    },
  );
}
