import { resolve } from "node:path";
import type { Argv } from "yargs";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { Listable } from "#bpf-vm/disassembly.ts";
import type { ParserFile } from "#bpf-vm/open-parser.ts";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { styleFor } from "#report/style.ts";
import type { Call } from "./call.ts";

type Options = {
  readonly file: string;
  readonly loader: boolean;
  readonly load: boolean;
  readonly raw: boolean;
  readonly json: boolean;
  readonly abi: Revision | undefined;
  readonly btf: string | undefined;
};

/** `kexec-bpf disasm`: the programs of a file as a kernel would execute them. */
export function disasmCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "disasm <file>",
    "print the programs of a BPF object, light skeleton, bytecode object or .bpf container",
    (command) =>
      command
        .positional("file", { type: "string", demandOption: true })
        .option("loader", {
          type: "boolean",
          default: false,
          describe: "the light skeleton's loader program (opts_insn) itself",
        })
        .option("load", {
          type: "boolean",
          default: true,
          describe: "--no-load: a BPF object's code as it stands, for no kernel",
        })
        .option("raw", { type: "boolean", default: false, describe: "encoded bytes, too" })
        .option("abi", {
          choices: REVISIONS,
          describe: "load for this revision's profile (default: the one that the file fits)",
        })
        .option("btf", {
          type: "string",
          requiresArg: true,
          describe: "load for the kernel with this BTF (raw, vmlinux, or any image with it)",
        })
        .conflicts("abi", "btf")
        .check(({ load, loader, abi, btf }) => {
          if (load || !(loader || abi || btf)) return true;
          throw new Error("--no-load goes with neither --loader nor --abi nor --btf");
        })
        .option("json", { type: "boolean", default: false }),
    async (options) => finish(await disasm(options, io)),
  );
}

async function disasm(options: Options, io: Io): Promise<number> {
  const file = resolve(io.cwd, options.file);
  const bytes = await readInput(file);
  if (!bytes.ok) return report(io, bytes.failure);
  const targets = await targetsOf(options, io.cwd);
  if (!targets.ok) return report(io, targets.failure);
  const found = await programsOf(bytes.value, targets.value, options);
  if (!found.ok) return report(io, inFile(found.failure, file));

  const { form, programs, poisoned, unloadable } = found.value;
  if (unloadable !== undefined) {
    const { failureText } = await import("#report/failure-text.ts");
    io.stderr(`kexec-bpf: printed as it stands, not loaded: ${failureText(inFile(unloadable, file))}\n`);
  }
  if (poisoned > 0) {
    io.stderr(
      `kexec-bpf: instructions that name what the target kernel has not: ${poisoned}; --abi or --btf chooses another\n`,
    );
  }
  if (options.json) {
    const { programJson } = await import("#bpf-vm/disassembly.ts");
    const listed = programs.map((program) => programJson(program, options));
    io.stdout(
      `${JSON.stringify({ schema: 1, file, form, loaded: options.load && unloadable === undefined, programs: listed })}\n`,
    );
  } else {
    const { disassemblyText } = await import("./disasm-text.ts");
    const style = styleFor(io.terminal.stdout, io.env);
    io.stdout(programs.map((program) => disassemblyText(program, { raw: options.raw, style })).join("\n"));
  }
  return EXIT.ok;
}

/** The kernels to load for, by their BTF: the one asked for, else each revision's profile, newest first. */
async function targetsOf({ abi, btf: file }: Options, cwd: string): Promise<Result<readonly Btf[]>> {
  if (file === undefined) {
    const { profileBtf } = await import("#bpf-vm/target/profile-btf.ts");
    const revisions = abi === undefined ? REVISIONS.toReversed() : [abi];
    return ok(revisions.map(profileBtf));
  }
  const { kernelTypes } = await import("#api/kernel-types.ts");
  const btf = await kernelTypes(resolve(cwd, file));
  return btf.ok ? ok([btf.value]) : btf;
}

type Programs = {
  readonly form: string;
  readonly programs: readonly Listable[];
  /** Instructions that CO-RE could not relocate. */
  readonly poisoned: number;
  /** Why the programs are those of the object as it stands, where that was not asked for. */
  readonly unloadable?: Failure;
};

/** The programs as the first of the targets has them that lacks nothing they name; else as the first one has them. */
async function programsOf(
  bytes: Uint8Array,
  targets: readonly Btf[],
  options: Options,
): Promise<Result<Programs, Failure>> {
  const { openParser } = await import("#bpf-vm/open-parser.ts");
  const { loadedPrograms, loaderPrograms } = await import("#bpf-vm/load-parser.ts");
  const { asFailure, lacksNames } = await import("#bpf-vm/loader/failure.ts");
  const { poisonedSlots } = await import("#bpf-vm/disassembly.ts");
  const file = openParser(bytes);
  if (!file.ok) return file;
  if (!options.load) return asItStands(file.value);
  const load = options.loader ? loaderPrograms : loadedPrograms;
  const isAsked = options.abi !== undefined || options.btf !== undefined;
  const results = targets.map((target): Result<Programs, Failure> => {
    const loaded = load(file.value, { target });
    // A profile is not all of a kernel: what it lacks says nothing of what a kernel would do.
    if (!loaded.ok)
      return err(!isAsked && lacksNames(loaded.failure) ? OTHER_KERNEL : asFailure(loaded.failure));
    const poisoned = loaded.value.reduce((sum, program) => sum + poisonedSlots(program).length, 0);
    return ok({ form: file.value.form, programs: loaded.value, poisoned });
  });
  const fitting = results.find((result) => result.ok && result.value.poisoned === 0);
  const first = results[0] as Result<Programs, Failure>;
  if (fitting !== undefined || options.loader || file.value.form !== "BPF object") return fitting ?? first;
  if (first.ok && isAsked) return first;
  const unloaded = await asItStands(file.value);
  if (!unloaded.ok) return first;
  return ok({ ...unloaded.value, unloadable: first.ok ? OTHER_KERNEL : first.failure });
}

/** Of an object for some other kernel, for which none of the profiles has all the types. */
const OTHER_KERNEL: Failure = {
  reason: "not-loaded",
  detail: "it names what no revision's profile has; --btf FILE chooses a kernel",
  causes: [],
};

/** A BPF object's code without a kernel. */
async function asItStands(file: ParserFile): Promise<Result<Programs, Failure>> {
  if (file.form !== "BPF object") {
    const detail = "only its loader program knows the programs; --loader prints that without running it";
    return err({ reason: "unsupported", what: `${file.form} with --no-load`, detail });
  }
  const { unloadedSections } = await import("#bpf-vm/object/unloaded.ts");
  const programs = unloadedSections(file.elf);
  return programs.ok ? ok({ form: file.form, programs: programs.value, poisoned: 0 }) : programs;
}
