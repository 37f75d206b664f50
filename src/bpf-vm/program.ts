import type { Btf } from "#formats/btf/btf.ts";
import type { Instruction } from "#isa/instruction.ts";
import type { ListedFunction, SourceLine } from "#isa/listing.ts";
import type { Lowered } from "./interpreter/lower.ts";
import type { MapDefinition } from "./maps/definition.ts";

/** What a 64-bit immediate that is no plain value stands for; `map` is a place among the program's maps. */
export type ImmediateTarget =
  | { readonly kind: "map"; readonly map: number }
  | { readonly kind: "map-value"; readonly map: number; readonly offset: number }
  | { readonly kind: "function"; readonly slot: number }
  /** The address of a kernel variable, as the loader put it there. */
  | { readonly kind: "address"; readonly value: bigint }
  /** A variable or function of the kernel: it has an address, and what is there is not known here. */
  | { readonly kind: "unmodelled"; readonly name: string };

/** A program as a kernel would execute it: relocated, with everything that it names resolved. */
export type LoadedProgram = {
  readonly name: string;
  /** Where it is in its file: a container's `.bpf.1`, an object's code section. */
  readonly section?: string;
  /** `enum bpf_prog_type`. */
  readonly type: number;
  /** The kernel function (of `tp_btf` the tracepoint's type, of a struct_ops the struct) that it is attached to, where it is attached to one. */
  readonly attachedTo?: string;
  readonly instructions: readonly Instruction[];
  /** In the order of their creation. */
  readonly maps: readonly MapDefinition[];
  /** By the slot of the instruction. */
  readonly immediates: ReadonlyMap<number, ImmediateTarget>;
  /** By the slot of the call, the kfunc's name; a weak kfunc that the kernel lacks has none. */
  readonly kfuncs: ReadonlyMap<number, string>;
  /** Source lines and functions, offsets in bytes from the program's start; empty without debug information. */
  readonly lines: readonly SourceLine[];
  readonly functions: readonly ListedFunction[];
  /** Its own BTF, where it has debug information: the types that it was compiled with. */
  readonly types?: Btf;
  readonly lowered: Lowered;
};

/**
 * The source line that an instruction belongs to: the last one that begins at it or before it. None where the compiler says line 0,
 * as clang 14 does of an instruction that it has merged from several lines.
 */
export function sourceOf(program: Pick<LoadedProgram, "lines">, slot: number): SourceLine | undefined {
  let best: SourceLine | undefined;
  for (const line of program.lines) {
    if (line.offset <= 8 * slot && (best === undefined || line.offset >= best.offset)) best = line;
  }
  return best?.line === 0 ? undefined : best;
}
