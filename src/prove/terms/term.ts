/**
 * Terms: what a program computes, as expressions over an image's bytes and what the kernel answers. Two kinds: bit vectors
 * of 1 to 64 bits, and truths. Equal terms are one object, so that `===` compares them; the functions that make
 * them (bits.ts, truth.ts) simplify as they do.
 */

export type BitWidth = number;

export type Bits =
  | { readonly kind: "constant"; readonly id: number; readonly width: BitWidth; readonly value: bigint }
  | { readonly kind: "variable"; readonly id: number; readonly width: BitWidth; readonly name: string }
  /** A byte of a memory whose content is not known; `image` is the image. */
  | {
      readonly kind: "byte";
      readonly id: number;
      readonly width: 8;
      readonly memory: string;
      readonly at: Bits;
    }
  /** constant + the sum of each term times its factor, modulo 2^width. Factors are not 0, terms in order of their ids. */
  | {
      readonly kind: "sum";
      readonly id: number;
      readonly width: BitWidth;
      readonly constant: bigint;
      readonly addends: readonly Addend[];
    }
  /** The least significant part first; no part is a concatenation. */
  | {
      readonly kind: "concat";
      readonly id: number;
      readonly width: BitWidth;
      readonly parts: readonly Bits[];
    }
  | {
      readonly kind: "extract";
      readonly id: number;
      readonly width: BitWidth;
      readonly of: Bits;
      readonly low: number;
    }
  | { readonly kind: "sign-extend"; readonly id: number; readonly width: BitWidth; readonly of: Bits }
  | {
      readonly kind: "operation";
      readonly id: number;
      readonly width: BitWidth;
      readonly op: BitOperation;
      readonly a: Bits;
      readonly b: Bits;
    }
  | {
      readonly kind: "choice";
      readonly id: number;
      readonly width: BitWidth;
      readonly when: Truth;
      readonly then: Bits;
      readonly otherwise: Bits;
    };

export type Addend = { readonly factor: bigint; readonly term: Bits };

/** Division is unsigned, and shifts by the width or more give 0 (arithmetic ones the sign), as in SMT-LIB. */
export type BitOperation = "and" | "or" | "xor" | "mul" | "udiv" | "urem" | "shl" | "lshr" | "ashr";

export type Truth =
  | { readonly kind: "literal"; readonly id: number; readonly value: boolean }
  | { readonly kind: "not"; readonly id: number; readonly of: Truth }
  | { readonly kind: "all"; readonly id: number; readonly of: readonly Truth[] }
  | { readonly kind: "any"; readonly id: number; readonly of: readonly Truth[] }
  | {
      readonly kind: "compare";
      readonly id: number;
      readonly test: Test;
      readonly a: Bits;
      readonly b: Bits;
    };

export type Test = "eq" | "ult" | "ule" | "slt" | "sle";

export type Term = Bits | Truth;

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

const made = new Map<string, Term>();
let count = 0;

/** The one term of this shape. */
function unique<T extends Term>(key: string, shape: WithoutId<T>): T {
  const known = made.get(key);
  if (known !== undefined) return known as T;
  const term = { id: count++, ...shape } as unknown as T;
  made.set(key, term);
  return term;
}

export function constant(width: BitWidth, value: bigint): Bits {
  const own = BigInt.asUintN(width, value);
  return unique<Bits>(`c${width}:${own}`, { kind: "constant", width, value: own });
}

/** A name stands for one variable wherever it is used, so a second width for it is a bug. */
export function variable(width: BitWidth, name: string): Bits {
  return unique<Bits>(`v${width}:${name}`, { kind: "variable", width, name });
}

export function literal(value: boolean): Truth {
  return unique<Truth>(`l:${value}`, { kind: "literal", value });
}

export const TRUE = literal(true);
export const FALSE = literal(false);

/**
 * Lets go of all terms but constants, which modules keep. To be called where no other term is at hand any more: new ones of the same shape
 * are others.
 */
export function forgetTerms(): void {
  for (const [key, term] of made) if (term.kind !== "constant" && term.kind !== "literal") made.delete(key);
}

/** The shapes without simplification: for bits.ts and truth.ts. */
export const raw = {
  byte: (memory: string, at: Bits) =>
    unique<Bits>(`b${memory}:${at.id}`, { kind: "byte", width: 8, memory, at }),
  sum: (width: BitWidth, constantPart: bigint, addends: readonly Addend[]) =>
    unique<Bits>(
      `s${width}:${constantPart}:${addends.map(({ factor, term }) => `${factor}*${term.id}`).join("+")}`,
      { kind: "sum", width, constant: constantPart, addends },
    ),
  concat: (width: BitWidth, parts: readonly Bits[]) =>
    unique<Bits>(`k${parts.map(({ id }) => id).join(",")}`, { kind: "concat", width, parts }),
  extract: (of: Bits, low: number, width: BitWidth) =>
    unique<Bits>(`e${of.id}:${low}:${width}`, { kind: "extract", width, of, low }),
  signExtend: (of: Bits, width: BitWidth) =>
    unique<Bits>(`x${of.id}:${width}`, { kind: "sign-extend", width, of }),
  operation: (op: BitOperation, a: Bits, b: Bits) =>
    unique<Bits>(`o${op}:${a.id}:${b.id}`, { kind: "operation", width: a.width, op, a, b }),
  choice: (when: Truth, then: Bits, otherwise: Bits) =>
    unique<Bits>(`i${when.id}:${then.id}:${otherwise.id}`, {
      kind: "choice",
      width: then.width,
      when,
      then,
      otherwise,
    }),
  not: (of: Truth) => unique<Truth>(`n${of.id}`, { kind: "not", of }),
  all: (of: readonly Truth[]) => unique<Truth>(`&${of.map(({ id }) => id).join(",")}`, { kind: "all", of }),
  any: (of: readonly Truth[]) => unique<Truth>(`|${of.map(({ id }) => id).join(",")}`, { kind: "any", of }),
  compare: (test: Test, a: Bits, b: Bits) =>
    unique<Truth>(`t${test}:${a.id}:${b.id}`, { kind: "compare", test, a, b }),
};

export function isTruth(term: Term): term is Truth {
  return !("width" in term);
}
