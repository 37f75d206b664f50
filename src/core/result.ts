import type { Failure } from "./failure.ts";

/**
 * What a fallible function returns: a value, or an expected failure.
 * Exceptions are kept for bugs.
 */
export type Result<T, E = Failure> = { readonly ok: true; readonly value: T } | Err<E>;

export type Err<E = Failure> = { readonly ok: false; readonly failure: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function err<E>(failure: E): Err<E> {
  return { ok: false, failure };
}
