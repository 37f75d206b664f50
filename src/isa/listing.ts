import { unreachable } from "#core/unreachable.ts";
import { disassemble, type Names } from "./disassemble.ts";
import { type Instruction, SLOT_SIZE } from "./instruction.ts";

/** Where an instruction comes from; `formats/btf` decodes such records from `.BTF.ext`. */
export type SourceLine = {
  /** Bytes from the first instruction's section or program start, a multiple of 8. */
  readonly offset: number;
  readonly file: string;
  /** The source line's text, "" where it is not known. */
  readonly text: string;
  readonly line: number;
};

export type ListedFunction = {
  /** As `SourceLine.offset`. */
  readonly offset: number;
  readonly name: string;
};

export type ListingInput = {
  readonly instructions: readonly Instruction[];
  /** In any order; of two at one place the later counts. */
  readonly lines?: readonly SourceLine[];
  readonly functions?: readonly ListedFunction[];
  /** `local` may be left out where `functions` names them. */
  readonly names?: Names;
};

/** One line of a listing, still apart, so that a report can colour it. */
export type ListedLine =
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "source"; readonly file: string; readonly line: number; readonly text: string }
  | { readonly kind: "instruction"; readonly instruction: Instruction; readonly text: string };

/**
 * A section's instructions with the functions that begin and the source lines that they come from, each
 * before its first instruction. A source line follows itself only where another came between.
 */
export function list({ instructions, lines = [], functions = [], names = {} }: ListingInput): ListedLine[] {
  const starts = new Map(functions.map(({ offset, name }) => [offset / SLOT_SIZE, name]));
  const sources = new Map(lines.map((source) => [source.offset / SLOT_SIZE, source]));
  const known: Names = { local: (slot) => starts.get(slot), ...names };
  const listed: ListedLine[] = [];
  let shown: SourceLine | undefined;
  for (const instruction of instructions) {
    const name = starts.get(instruction.index);
    if (name !== undefined) {
      listed.push({ kind: "function", name });
      shown = undefined;
    }
    const source = sources.get(instruction.index);
    if (source !== undefined && !isSameLine(source, shown)) {
      listed.push({ kind: "source", file: source.file, line: source.line, text: source.text.trim() });
      shown = source;
    }
    listed.push({ kind: "instruction", instruction, text: disassemble(instruction, known) });
  }
  return listed;
}

function isSameLine(a: SourceLine, b: SourceLine | undefined): boolean {
  return a.file === b?.file && a.line === b.line;
}

/** A line in the verifier log's form: `name:`, `; text @ file.c:438` (the file without its folder), `0: (b7) r0 = 1`. */
export function lineText(line: ListedLine): string {
  switch (line.kind) {
    case "function":
      return `${line.name}:`;
    case "source":
      return `; ${line.text} @ ${line.file.slice(line.file.lastIndexOf("/") + 1)}:${line.line}`;
    case "instruction":
      return `${line.instruction.index}: ${line.text}`;
    default:
      return unreachable(line);
  }
}
