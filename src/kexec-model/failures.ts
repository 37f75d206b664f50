import { type Failure, inLayer, type Layer, type NotDecomposed } from "#core/failure.ts";

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

/** A failure about an image that came out of a stream names it. */
export function aboutImage(failure: Failure, layer: Layer | undefined): Failure {
  switch (failure.reason) {
    case "malformed":
    case "unsupported":
    case "size-exceeded":
      return inLayer(failure, layer);
    default:
      return failure;
  }
}
