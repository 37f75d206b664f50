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

export const UNREADABLE: Value = { kind: "unreadable" };

export function number(bits: Bits): Value {
  return { kind: "number", bits };
}

export function pointer(to: string, offset: Bits): Pointer {
  return { kind: "pointer", to, offset };
}

export function sameValue(a: Value, b: Value): boolean {
  if (a.kind === "number") return b.kind === "number" && a.bits === b.bits;
  if (a.kind === "pointer") return b.kind === "pointer" && a.to === b.to && a.offset === b.offset;
  return b.kind === "unreadable";
}
