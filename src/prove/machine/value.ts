import type { Bits } from "#prove/terms/term.ts";

/** What a register holds. */
export type Value =
  /** 64 bits. */
  | { readonly kind: "number"; readonly bits: Bits }
  | Pointer
  /** Nothing that may be read: before the first store, after a call. */
  | { readonly kind: "unreadable" };

/** Into a memory, or to an object; the offset in bytes. */
export type Pointer = { readonly kind: "pointer"; readonly to: string; readonly offset: Bits };

export const UNREADABLE_VALUE: Value = { kind: "unreadable" };

export function number(bits: Bits): Value {
  return { kind: "number", bits };
}

export function pointer(to: string, offset: Bits): Pointer {
  return { kind: "pointer", to, offset };
}
