import type { PerPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import type { GuestKernel } from "#guest/debian-kernel.ts";
import type { ReferenceName } from "#verify/reference-names.ts";

/** `kexec-bpf kernel-test` as it was asked for. Paths are absolute, sizes in bytes, times in milliseconds. */
export type KernelTestRequest = {
  readonly containers: readonly string[];
  /** Files and folders. */
  readonly images: readonly string[];
  /** Debian suites, or a kernel of the user's own. */
  readonly kernels: readonly (string | GuestKernel)[];
  /** Default: that which the parsers were compiled for. */
  readonly revision: Revision | undefined;
  readonly reference: ReferenceName | "none" | undefined;
  readonly limits: PerPart<number | undefined>;
  readonly logLevel: number;
  readonly timeout: number;
  readonly output: string | undefined;
  readonly json: boolean;
};
