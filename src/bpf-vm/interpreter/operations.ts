import type { AluOperation, AtomicOperation, Bytes, JumpTest, Semantics, Width } from "#isa/semantics.ts";
import * as Op from "./operation-codes.ts";

export type Operation = keyof typeof Op;

/** The number of each operation, for code that is not a switch. */
export const CODE_OF: Readonly<Record<Operation, number>> = { ...Op };

/** What an `update` does. */
export type Update =
  | {
      readonly kind: "atomic";
      readonly op: AtomicOperation;
      readonly bytes: 4 | 8;
      readonly fetch: boolean;
    }
  | { readonly kind: "exchange"; readonly bytes: 4 | 8 }
  | { readonly kind: "compare-exchange"; readonly bytes: 4 | 8 };

export function aluOperation(op: AluOperation, width: Width): Operation {
  return `${op}${width}`;
}

export function jumpOperation(test: JumpTest, width: Width): Operation {
  return `${test}${width}`;
}

export function loadOperation(bytes: Bytes, signed: boolean): Operation {
  if (!signed || bytes === 8) return `load${bytes}`;
  return `loadSigned${bytes}`;
}

export function extendOperation(bits: 8 | 16 | 32, width: Width): Operation {
  // From 32 bits to 32 bits is a plain move, which the instruction set does not have.
  if (bits === 32) return width === 64 ? "extend32to64" : "mov32";
  return `extend${bits}to${width}`;
}

/** The machine is little-endian, as every kernel that these programs are for. */
export function byteOrderOperation(does: Extract<Semantics, { kind: "byte-order" }>): Operation {
  if (does.to !== "le") return `swap${does.bits}`;
  return does.bits === 16 ? "zero16" : does.bits === 32 ? "mov32" : "nop";
}
