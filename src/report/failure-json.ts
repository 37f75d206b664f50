import type { Failure } from "#core/failure.ts";
import { failureText } from "./failure-text.ts";

/** A failure as machines get it where they asked for JSON. */
export type FailureJson = {
  readonly schema: 1;
  /** The failure's tag and facts (`core/failure.ts`), and the words that stderr has. */
  readonly error: Failure & { readonly message: string };
};

/** The only place that makes JSON of a failure. */
export function failureJson(failure: Failure): FailureJson {
  return { schema: 1, error: { ...failure, message: failureText(failure) } };
}
