import type { Failure } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import type { FreeAnswer, FreeQuery } from "./query.ts";

/** Something that decides queries over bit vectors. */
export interface Solver {
  readonly name: string;
  readonly version: string;
  /** Errors: those of a tool that fails, or answers what is not an answer. */
  check(queries: readonly FreeQuery[], signal?: AbortSignal): Promise<Result<readonly FreeAnswer[], Failure>>;
  close(): void;
}
