import type { NamedFile } from "#api/common/named-file.ts";
import type { OpenRequest } from "#api/verify/request.ts";

export type ProveRequest = OpenRequest & {
  /** Containers, bytecode objects, light skeletons, `.c`. */
  readonly parsers: readonly NamedFile[];
  /** A name, or `none`. Default: by the name of the parser's source; where that does not tell, safety alone is proven. */
  readonly reference: string | undefined;
  /** Whether to prove safety alone, though what is sent is specified. */
  readonly safety: boolean;
  /** A program that decides SMT-LIB scripts, by name or path. Default: the package z3-solver. */
  readonly solver: string | undefined;
  /** Of one query, in seconds. */
  readonly timeout: number;
  /** Folders, absolute: where images of what is refuted go, and the solver's scripts. */
  readonly counterexamples: string | undefined;
  readonly smt2: string | undefined;
  /** A file, absolute: written where everything is proven. */
  readonly certificate: string | undefined;
  /** A file, absolute, for a page of the result. */
  readonly html: string | undefined;
  /** Whether the certificate says how long each proof took: then no two are the same. */
  readonly withTimes: boolean;
};
