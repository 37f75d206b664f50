import type { Revision } from "#abi/revisions.ts";
import type { NamedFile } from "#api/common/named-file.ts";
import type { GivenLimits } from "#api/common/parser-limits.ts";
import type { KeptParser } from "#api/explore/page-parser.ts";
import type { CoverageReport } from "#core/coverage.ts";
import type { Acceptance, Verification } from "#core/verification.ts";
import type { NamedBytes } from "#crosscheck/subject.ts";
import type { Times } from "#report/junit.ts";
import type { Comparison } from "#verify/judge.ts";
import type { ParserArchitecture } from "#verify/parser-architecture.ts";
import type { OwnReference } from "#verify/references.ts";

/** How parsers are read, compiled and loaded. */
export type OpenRequest = {
  /** Default: that of `btf`, else the parser's own. */
  readonly abi: Revision | undefined;
  /** Of the kernels that parsers are for whose files do not say. */
  readonly arch: ParserArchitecture | undefined;
  /** The kernel to load for, in whatever form. Absolute, as `include`. */
  readonly btf: string | undefined;
  readonly limits: GivenLimits;
  /** Folders with headers for a `.c`. */
  readonly include: readonly string[];
  /** The compiler for a `.c`, by name or path; default: CLANG, LLVM, PATH. */
  readonly clang: string | undefined;
  /** A folder that has `bpf/bpf_helpers.h`. */
  readonly libbpfHeaders: string | undefined;
};

export type VerifyRequest = OpenRequest & {
  /** `.bpf`, `.o`, `.lskel.h`, `.c`. */
  readonly parsers: readonly NamedFile[];
  /** Files and folders; none for the hostile corpus. */
  readonly images: readonly NamedFile[];
  /** A name, `none`, or the absolute path of a module (`ImageFormat`). Default: by the name of the parser's source. */
  readonly reference: string | undefined;
  /** A `.kbs` file with the stream that the outermost parsers must send for every image, in place of a reference. Absolute. */
  readonly expected: string | undefined;
  readonly comparison: Comparison;
  readonly faultPaths: boolean;
  /** What every image must be. */
  readonly expect: Acceptance | undefined;
  /** Whether to report what the runs have reached of the parsers. */
  readonly coverage: boolean;
  /** Whether to keep what a page of the results shows, too. */
  readonly keep: boolean;
};

export type VerifyReport = {
  readonly verification: Verification;
  readonly times: Times;
  /** Of each program, where it was asked for. */
  readonly coverage: readonly CoverageReport[] | undefined;
  /** Where it was asked for. */
  readonly kept: KeptFiles | undefined;
};

/** What was judged, with its bytes: parsers as they were loaded, and images as far as there is room in a page. */
export type KeptFiles = {
  readonly parsers: readonly KeptParser[];
  readonly images: readonly NamedBytes[];
  /** The user's own format that parsers were judged by. */
  readonly own: OwnReference | undefined;
};
