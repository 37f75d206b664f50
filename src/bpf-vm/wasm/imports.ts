import type { Signature } from "./module.ts";
import { I32, I64 } from "./opcodes.ts";

type Named = Signature & { readonly name: string };

/**
 * What compiled programs call of the executor. An address comes in its signed halves, an instruction by its
 * place among the lowered ones. Each of them may end the run with an exception.
 */
export const IMPORTS = [
  /** (high, low, size, instruction): where the bytes to load are. */
  { name: "read", takes: [I32, I32, I32, I32], gives: [I32] },
  /** The same of bytes to store, which it takes as written. */
  { name: "write", takes: [I32, I32, I32, I32], gives: [I32] },
  /** The same of 4 or 8 bytes to load and store. */
  { name: "update", takes: [I32, I32, I32, I32], gives: [I32] },
  /** (call, instruction): a helper or kfunc, with the registers in the register file. */
  { name: "call", takes: [I32, I32], gives: [] },
  /** (instruction): begins a function of the program. */
  { name: "enter", takes: [I32], gives: [] },
  /** Ends it. */
  { name: "leave", takes: [], gives: [] },
  /** (instruction): it is none that a program may contain. Does not return. */
  { name: "refuse", takes: [I32], gives: [] },
  /** (block): the budget ends within it. Does not return. */
  { name: "exhausted", takes: [I32], gives: [] },
] as const satisfies readonly Named[];

export type ImportName = (typeof IMPORTS)[number]["name"];

/** Functions of every module that stand behind the imports: (address, size, instruction, left) to a place. */
const SEARCHES = ["find-to-read", "find-to-write"] as const;
export const SEARCH: Signature = { takes: [I64, I32, I32, I32], gives: [I32] };

export const FIRST_OWN = IMPORTS.length + SEARCHES.length;

const NUMBERS: ReadonlyMap<string, number> = new Map(
  [...IMPORTS.map(({ name }) => name), ...SEARCHES].map((name, i) => [name, i]),
);

/** The number by which code calls it. */
export function numberOf(name: ImportName | (typeof SEARCHES)[number]): number {
  return NUMBERS.get(name) ?? -1;
}
