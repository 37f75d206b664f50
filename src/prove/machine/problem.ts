/** Ends a path: caught where paths are explored, and nowhere else. */
export class PathEnd extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export type Problem =
  /** What the program does here is wrong whenever it comes here. */
  | { readonly kind: "fault"; readonly detail: string }
  /** What it does is not known to the executor: nothing is proven of it. */
  | { readonly kind: "unknown"; readonly detail: string };

export function fault(detail: string): never {
  throw new PathEnd({ kind: "fault", detail });
}

export function unknown(detail: string): never {
  throw new PathEnd({ kind: "unknown", detail });
}
