import type { Failure, NotDecomposed } from "#core/failure.ts";

/** Why the loader does not go on, `causes` one level down. */
export function notDecomposed(
  stage: string,
  detail: string,
  causes: readonly Failure[] = [],
  command?: number,
): NotDecomposed {
  const where = command === undefined ? { stage } : { stage, command };
  return { reason: "not-decomposed", ...where, detail, causes };
}
