import type { Names } from "#isa/disassemble.ts";
import { encodeProgram } from "#isa/instruction.ts";
import { type ListedLine, lineText, list } from "#isa/listing.ts";
import { formOf } from "#isa/lookup.ts";
import { POISONED_CALL } from "./loader/core-patch.ts";
import type { MapDefinition } from "./maps/definition.ts";
import { type LoadedProgram, sourceOf } from "./program.ts";

/** What a listing needs of a program: a loaded one has it, and so has a section of an object that was not loaded. */
export type Listable = Omit<LoadedProgram, "lowered" | "types" | "type"> & {
  /** `enum bpf_prog_type`; undefined where it was not loaded. */
  readonly type?: number;
  /** By the slot of the instruction, what its relocation names; only of what was not loaded. */
  readonly symbols?: ReadonlyMap<number, string>;
};

/** A program's listing, maps and kfuncs by their names: `r1 = map[ringbuf_1]`, `call bpf_buffer_parser#57`. */
export function listProgram(program: Listable): ListedLine[] {
  const { instructions, lines, functions } = program;
  return list({ instructions, lines, functions, names: namesOf(program) });
}

function namesOf({ maps, immediates, kfuncs, symbols }: Listable): Names {
  return {
    call: ({ index }) => symbols?.get(index),
    kfunc: ({ index }) => kfuncs.get(index),
    imm64: ({ index }) => {
      const target = immediates.get(index);
      if (target === undefined) return symbols?.get(index);
      if (target.kind === "unmodelled") return target.name;
      if (target.kind !== "map" && target.kind !== "map-value") return undefined;
      const map = `map[${maps[target.map]?.name}]`;
      return target.kind === "map" ? map : `${map}[0]+${target.offset}`;
    },
  };
}

/** Slots of the instructions in whose place CO-RE put a call that no kernel takes: the target lacks what they name. */
export function poisonedSlots({ instructions }: LoadedProgram): readonly number[] {
  return instructions
    .filter((instruction) => instruction.imm === POISONED_CALL && formOf(instruction).does.kind === "call")
    .map(({ index }) => index);
}

export type ListedInstruction = {
  readonly slot: number;
  readonly text: string;
  /** The encoded bytes in hexadecimal. */
  readonly raw: string;
  readonly source: { readonly file: string; readonly line: number; readonly text: string } | null;
};

/** One line of a listing, with `text` in the form of the verifier's log. */
export type ListingLine =
  | { readonly kind: "function" | "source"; readonly text: string }
  | { readonly kind: "instruction"; readonly text: string; readonly instruction: ListedInstruction };

/** A program as plain data. */
export type ProgramListing = {
  readonly section: string | null;
  readonly name: string;
  /** `enum bpf_prog_type`; null where it was not loaded. */
  readonly type: number | null;
  readonly attachedTo: string | null;
  readonly maps: readonly Pick<
    MapDefinition,
    "name" | "type" | "keySize" | "valueSize" | "maxEntries" | "flags"
  >[];
  readonly lines: readonly ListingLine[];
};

export function programListing(program: Listable): ProgramListing {
  const { section, name, type, attachedTo, maps } = program;
  return {
    section: section ?? null,
    name,
    type: type ?? null,
    attachedTo: attachedTo ?? null,
    maps: maps.map(({ name, type, keySize, valueSize, maxEntries, flags }) => ({
      name,
      type,
      keySize,
      valueSize,
      maxEntries,
      flags,
    })),
    lines: listProgram(program).map((line) => {
      const text = lineText(line);
      if (line.kind !== "instruction") return { kind: line.kind, text };
      return { kind: line.kind, text, instruction: listedInstruction(program, line) };
    }),
  };
}

function listedInstruction(
  program: Listable,
  { instruction, text }: Extract<ListedLine, { readonly kind: "instruction" }>,
): ListedInstruction {
  const source = sourceOf(program, instruction.index);
  return {
    slot: instruction.index,
    text,
    raw: Buffer.from(encodeProgram([instruction])).toString("hex"),
    source: source === undefined ? null : { file: source.file, line: source.line, text: source.text.trim() },
  };
}
