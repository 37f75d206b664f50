import { REVISIONS, type Revision } from "#abi/revisions.ts";
import { type Listable, type ProgramListing, poisonedSlots, programListing } from "#bpf-vm/disassembly.ts";
import { loadedPrograms, loaderPrograms } from "#bpf-vm/load-parser.ts";
import { asFailure, lacksNames } from "#bpf-vm/loader/failure.ts";
import { unloadedSections } from "#bpf-vm/object/unloaded.ts";
import { openParser, type ParserFile } from "#bpf-vm/open-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { kernelTypes } from "./common/kernel-types.ts";

export type DisasmRequest = {
  /** Absolute, as `btf`. */
  readonly file: string;
  /** A light skeleton's loader program itself. */
  readonly loader: boolean;
  /** False: a BPF object's code as it stands, for no kernel; goes with neither `loader` nor `abi` nor `btf`. */
  readonly load: boolean;
  /** Load for this revision's profile. Default: the one that the file fits. */
  readonly abi: Revision | undefined;
  /** Load for the kernel with this BTF, in whatever form; goes without `abi`. */
  readonly btf: string | undefined;
};

export type DisasmReport = {
  readonly file: string;
  readonly form: string;
  readonly programs: readonly ProgramListing[];
  /** Instructions that CO-RE could not relocate: they name what the target kernel has not. */
  readonly poisoned: number;
  readonly loaded: boolean;
  /** Why the programs are those of the object as it stands, where that was not asked for. */
  readonly unloadable: Failure | undefined;
};

/** The programs of a file as a kernel would execute them. Errors: those of reading, opening and loading, with the file. */
export async function disasm(request: DisasmRequest): Promise<Result<DisasmReport>> {
  const { file } = request;
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const targets = await targetsOf(request);
  if (!targets.ok) return targets;
  const found = programsOf(bytes.value, targets.value, request);
  if (!found.ok) return err(inFile(found.failure, file));
  const { form, programs, poisoned, unloadable } = found.value;
  return ok({
    file,
    form,
    programs: programs.map(programListing),
    poisoned,
    loaded: request.load && unloadable === undefined,
    unloadable: unloadable && inFile(unloadable, file),
  });
}

/** The kernels to load for, by their BTF: the one asked for, else each revision's profile, newest first. */
async function targetsOf({ abi, btf: file }: DisasmRequest): Promise<Result<readonly Btf[]>> {
  if (file === undefined) {
    const revisions = abi === undefined ? REVISIONS.toReversed() : [abi];
    return ok(revisions.map(profileBtf));
  }
  const btf = await kernelTypes(file);
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
function programsOf(bytes: Uint8Array, targets: readonly Btf[], request: DisasmRequest): Result<Programs> {
  const file = openParser(bytes);
  if (!file.ok) return file;
  if (!request.load) return asItStands(file.value);
  const load = request.loader ? loaderPrograms : loadedPrograms;
  const isAsked = request.abi !== undefined || request.btf !== undefined;
  const results = targets.map((target): Result<Programs> => {
    const loaded = load(file.value, { target });
    // A profile is not all of a kernel: what it lacks says nothing of what a kernel would do.
    if (!loaded.ok)
      return err(!isAsked && lacksNames(loaded.failure) ? OTHER_KERNEL : asFailure(loaded.failure));
    const poisoned = loaded.value.reduce((sum, program) => sum + poisonedSlots(program).length, 0);
    return ok({ form: file.value.form, programs: loaded.value, poisoned });
  });
  const fitting = results.find((result) => result.ok && result.value.poisoned === 0);
  const first = results[0] as Result<Programs>;
  if (fitting !== undefined || request.loader || file.value.form !== "BPF object") return fitting ?? first;
  if (first.ok && isAsked) return first;
  const unloaded = asItStands(file.value);
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
function asItStands(file: ParserFile): Result<Programs> {
  if (file.form !== "BPF object") {
    const detail = "only its loader program knows the programs; --loader prints that without running it";
    return err({ reason: "unsupported", what: `${file.form} with --no-load`, detail });
  }
  const programs = unloadedSections(file.elf);
  return programs.ok ? ok({ form: file.form, programs: programs.value, poisoned: 0 }) : programs;
}
