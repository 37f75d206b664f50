import { resolve } from "node:path";
import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import { ACCEPTANCES } from "#core/verification.ts";
import { PARSER_ARCHITECTURES } from "#verify/parser-architecture.ts";
import { REFERENCES } from "#verify/reference-names.ts";
import type { Call } from "./call.ts";
import { numberOption } from "./numbers.ts";

const text = { type: "string", requiresArg: true } as const;
const texts = { type: "string", array: true, requiresArg: true, default: [] as string[] } as const;
const flag = { type: "boolean", default: false } as const;

/** `kexec-bpf verify`: parsers against the reference parsers, on images. */
export function verifyCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "verify [parsers..]",
    "run parsers over images and compare what they emit with the reference parsers",
    (command) =>
      command
        .positional("parsers", {
          type: "string",
          array: true,
          default: [] as string[],
          describe: ".bpf container, _bytecode.o, BPF .o or .c",
        })
        .option("parser", { ...texts, describe: "the same: a parser of your own, such as my_parser_bpf.c" })
        .option("image", {
          ...texts,
          describe: "image, or a folder of them (repeatable; default: the hostile corpus)",
        })
        .option("reference", {
          choices: REFERENCES,
          describe: "what to judge by (default: by the source's name, as in uki_parser_bpf.c)",
        })
        .option("abi", {
          choices: REVISIONS,
          describe: "interface revision (default: that of --btf, else the parser's own)",
        })
        .option("arch", {
          choices: PARSER_ARCHITECTURES,
          describe: "of the kernels that parsers are for whose files do not say",
        })
        .option("btf", {
          ...text,
          describe: "load for the kernel with this BTF (raw, vmlinux, or any image)",
        })
        .option("effect", { ...flag, describe: "compare what the kernel makes of the streams" })
        .option("fault-paths", { type: "boolean", default: true, describe: "deny each thing asked for, too" })
        .option("expect", {
          choices: ACCEPTANCES,
          describe: "what every image must be (default: at least one accepted)",
        })
        .option("max-kernel", {
          ...numberOption("max-kernel"),
          describe: "largest kernel that its record takes",
        })
        .option("max-initrd", { ...numberOption("max-initrd"), describe: "largest initrd" })
        .option("max-cmdline", { ...numberOption("max-cmdline"), describe: "largest command line" })
        .option("include", { ...texts, alias: "I", describe: "folder with headers for a .c (repeatable)" })
        .option("clang", { ...text, describe: "clang to use for a .c (else CLANG, LLVM, PATH)" })
        .option("libbpf-headers", { ...text, describe: "folder that has bpf/bpf_helpers.h" })
        .option("coverage", { ...flag, describe: "report which of the parsers' branches the images reach" })
        .option("json", { ...flag, describe: "the verdicts as JSON" })
        .option("junit", { ...text, describe: "write a JUnit report" })
        .option("sarif", { ...text, describe: "write a SARIF report" })
        .option("watch", { ...flag, describe: "again whenever a parser or an image changes" })
        .check((options) => {
          if (options.parsers.length + options.parser.length === 0) throw new Error("a parser is needed");
          return true;
        }),
    async (options) => {
      const path = (name: string | undefined) => (name === undefined ? undefined : resolve(io.cwd, name));
      const { runVerify } = await import("./verify-run.ts");
      finish(
        await runVerify(
          {
            parsers: [...new Set([...options.parsers, ...options.parser])],
            images: [...new Set(options.image)],
            reference: options.reference,
            abi: options.abi,
            arch: options.arch,
            btf: path(options.btf),
            comparison: options.effect ? "effect" : "exact",
            faultPaths: options.faultPaths,
            expect: options.expect,
            limits: {
              kernel: options.maxKernel,
              initrd: options.maxInitrd,
              cmdline: options.maxCmdline,
            },
            include: options.include.map((folder) => resolve(io.cwd, folder)),
            clang: options.clang,
            libbpfHeaders: options.libbpfHeaders,
            coverage: options.coverage,
            json: options.json,
            junit: path(options.junit),
            sarif: path(options.sarif),
            watch: options.watch,
          },
          io,
        ),
      );
    },
  );
}
