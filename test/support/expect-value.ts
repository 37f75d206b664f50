import { inspect } from "node:util";
import type { Result } from "#core/result.ts";

/** The value of what must have succeeded; throws the failure, after what it is `about`, where it has not. */
export function expectValue<T>(result: Result<T, unknown>, about = "expected a value"): T {
  if (!result.ok) throw new Error(`${about}: ${inspect(result.failure, { depth: 8 })}`);
  return result.value;
}

/** The failure of what must have failed; throws where it has a value. */
export function expectFailure<E>(result: Result<unknown, E>, about = "expected a failure"): E {
  if (result.ok) throw new Error(`${about}, not ${inspect(result.value, { depth: 2 })}`);
  return result.failure;
}
