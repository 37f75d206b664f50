import { Errno } from "#bpf-vm/errno.ts";
import { lower } from "#bpf-vm/interpreter/lower.ts";
import type { MapDefinition } from "#bpf-vm/maps/definition.ts";
import type { ImmediateTarget, LoadedProgram } from "#bpf-vm/program.ts";
import type { Btf } from "#formats/btf/btf.ts";
import type { Instruction } from "#isa/instruction.ts";
import { checkJumps, targetOf } from "#isa/jumps.ts";
import type { ListedFunction, SourceLine } from "#isa/listing.ts";
import { formOf } from "#isa/lookup.ts";
import { Refusal } from "./failure.ts";

/** BPF_PROG_TYPE_TRACING, and BPF_TRACE_RAW_TP, the one of its kinds that is attached to a typedef. */
const TRACING = 26;
const RAW_TRACEPOINT = 23;

/** A relocated program, and how to find what it names. The finders throw `Refusal`. */
export type UnfinishedProgram = {
  readonly name: string;
  readonly type: number;
  /** `enum bpf_attach_type`. */
  readonly attachType: number;
  /** The kernel's BTF id of the function, or of what else there is to attach to; 0 for none. */
  readonly attachId: number;
  readonly instructions: readonly Instruction[];
  readonly functions: readonly ListedFunction[];
  readonly lines: readonly SourceLine[];
  /** Its own BTF. */
  readonly types?: Btf;
  /** The kernel's BTF. */
  readonly target: Btf;
  readonly maps: readonly MapDefinition[];
  /** The place among `maps` of the map at a place of `fd_array`, or behind a descriptor. */
  readonly mapAt: (place: number) => number;
  readonly mapOf: (descriptor: number) => number;
  /** The BTF of the module whose descriptor is at a place of `fd_array`. */
  readonly btfAt: (place: number) => Btf;
};

/** Resolves all that the program names. @throws Refusal as the kernel's verifier refuses */
export function finishProgram(program: UnfinishedProgram): LoadedProgram {
  const { instructions, target } = program;
  const jumps = checkJumps(instructions);
  if (!jumps.ok) throw new Refusal(Errno.EINVAL, `${jumps.failure.section}: ${jumps.failure.detail}`);
  const immediates = new Map<number, ImmediateTarget>();
  const kfuncs = new Map<number, string>();
  for (const instruction of instructions) {
    const { does } = formOf(instruction);
    if (does.kind === "load-imm64" && does.meaning !== "value") {
      immediates.set(instruction.index, immediate(program, instruction, does.meaning));
    }
    if (does.kind === "call" && does.target === "kfunc") {
      // A weak kfunc that is not there: the verifier takes the call where it is never reached (add_kfunc_call()).
      if (instruction.imm === 0 && instruction.offset === 0) continue;
      const btf = instruction.offset === 0 ? target : program.btfAt(instruction.offset);
      kfuncs.set(instruction.index, functionName(btf, instruction.imm, "kfunc"));
    }
  }
  return {
    name: program.name,
    type: program.type,
    ...(program.attachId !== 0 && {
      attachedTo: attachTarget(program),
    }),
    instructions,
    maps: program.maps,
    immediates,
    kfuncs,
    lines: program.lines,
    functions: program.functions,
    ...(program.types && { types: program.types }),
    lowered: lower(instructions),
  };
}

function immediate(
  program: UnfinishedProgram,
  instruction: Instruction,
  meaning: "map-fd" | "map-fd-value" | "btf-id" | "func" | "map-index" | "map-index-value",
): ImmediateTarget {
  const { imm, imm64 = 0n } = instruction;
  const offset = Number(imm64 >> 32n);
  switch (meaning) {
    case "map-fd":
      return { kind: "map", map: program.mapOf(imm) };
    case "map-index":
      return { kind: "map", map: program.mapAt(imm) };
    case "map-fd-value":
      return mapValue(program, program.mapOf(imm), offset);
    case "map-index-value":
      return mapValue(program, program.mapAt(imm), offset);
    case "func":
      return { kind: "function", slot: targetOf(instruction)?.slot ?? 0 };
    case "btf-id":
      return kernelSymbol(program, instruction, offset);
  }
}

/** As `check_pseudo_btf_id`: a variable or function; `descriptor` is that of a module's BTF, 0 for the kernel's own. */
function kernelSymbol(
  { target }: UnfinishedProgram,
  { imm, index }: Instruction,
  descriptor: number,
): ImmediateTarget {
  if (descriptor !== 0) return { kind: "unmodelled", name: `module symbol ${imm}` };
  const kind = imm > 0 && imm < target.typeCount ? target.kind(imm) : undefined;
  if (kind === "var" || kind === "func") return { kind: "unmodelled", name: target.name(imm) };
  throw new Refusal(Errno.EINVAL, `instruction ${index}: type ${imm} is neither variable nor function`);
}

/** As `array_map_direct_value_addr`: of an array with one element, an address inside of it. */
function mapValue(program: UnfinishedProgram, map: number, offset: number): ImmediateTarget {
  const definition = program.maps[map];
  if (definition === undefined || definition.maxEntries !== 1 || offset >= definition.valueSize) {
    throw new Refusal(Errno.EINVAL, `the value of map ${definition?.name} has no byte ${offset}`);
  }
  return { kind: "map-value", map, offset };
}

/** As `bpf_check_attach_target`: by its type, what it may be attached to; other programs name a type at least. */
function attachTarget({ target, attachId, attachType, type }: UnfinishedProgram): string {
  const traced = type === TRACING && attachType !== RAW_TRACEPOINT;
  if (traced) return functionName(target, attachId, "attach target");
  const name = attachId > 0 && attachId < target.typeCount ? target.name(attachId) : "";
  if (name === "") throw new Refusal(Errno.EINVAL, `attach target: type ${attachId} has no name`);
  return name;
}

function functionName(btf: Btf, id: number, what: string): string {
  if (id <= 0 || id >= btf.typeCount || btf.kind(id) !== "func") {
    throw new Refusal(Errno.EINVAL, `${what}: type ${id} is no function`);
  }
  return btf.name(id);
}
