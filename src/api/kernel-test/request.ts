import type { Revision } from "#abi/revisions.ts";
import type { GivenLimits } from "#api/common/parser-limits.ts";
import type { Result } from "#core/result.ts";
import type { CrosscheckPlan } from "#crosscheck/plan.ts";
import type { CrosscheckVerdict } from "#crosscheck/verdict.ts";
import type { GuestKernel } from "#guest/debian-kernel.ts";
import type { GuestReport } from "#guest/guest.ts";

/** Paths are absolute, sizes in bytes. */
export type KernelTestRequest = {
  /** Each once. */
  readonly containers: readonly string[];
  /** Files and folders. */
  readonly images: readonly string[];
  /** Debian suites, or kernels of the user's own. */
  readonly kernels: readonly (string | GuestKernel)[];
  /** Default: that which the parsers were compiled for. */
  readonly abi: Revision | undefined;
  /** A name, `none`, or the absolute path of a module (`ImageFormat`). Default: by the name of the parser's source. */
  readonly reference: string | undefined;
  readonly limits: GivenLimits;
  /** Of the verifier. */
  readonly logLevel: number;
  /** Seconds for one boot. */
  readonly timeout: number;
  /** Folder for consoles and verifier logs. */
  readonly output: string | undefined;
};

/** What came of one kernel. */
export type TestedKernel = {
  /** The suite, or the file. */
  readonly source: string;
  readonly plan: CrosscheckPlan;
  readonly report: GuestReport;
  readonly verdict: CrosscheckVerdict;
  readonly milliseconds: number;
};

/** What came of one of its parsers. */
export type TestedParser = TestedKernel["verdict"]["subjects"][number];

export type KernelTestReport = {
  /** In their order; a failure for one that cannot be had, or whose test cannot be made. */
  readonly kernels: readonly Result<TestedKernel>[];
};
