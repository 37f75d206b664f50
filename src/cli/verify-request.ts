import type { PerPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import type { Acceptance } from "#core/verification.ts";
import type { Comparison } from "#verify/judge.ts";
import type { ParserArchitecture } from "#verify/parser-architecture.ts";
import type { ReferenceName } from "#verify/reference-names.ts";

/** `kexec-bpf verify` as it was asked for. */
export type VerifyRequest = {
  /** As the user named them: `.bpf`, `.o`, `.c`. */
  readonly parsers: readonly string[];
  /** Files and folders, as named; none for the hostile corpus. */
  readonly images: readonly string[];
  readonly reference: ReferenceName | undefined;
  readonly abi: Revision | undefined;
  readonly arch: ParserArchitecture | undefined;
  /** Absolute, as all paths below. */
  readonly btf: string | undefined;
  readonly comparison: Comparison;
  readonly faultPaths: boolean;
  /** What every image must be. */
  readonly expect: Acceptance | undefined;
  /** Bytes. */
  readonly limits: PerPart<number | undefined>;
  readonly include: readonly string[];
  readonly clang: string | undefined;
  readonly libbpfHeaders: string | undefined;
  /** Whether to report what the runs have reached of the parsers. */
  readonly coverage: boolean;
  readonly json: boolean;
  readonly junit: string | undefined;
  readonly sarif: string | undefined;
  readonly watch: boolean;
};
