import type { PerPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import type { Architecture } from "#kernel-image/architecture.ts";

/** A kernel of a fleet, as FLEET.json describes it: complete, every path absolute, sizes in bytes. */
export type FleetKernel = {
  /** Its folder's name in the output folder. */
  readonly name: string;
  /** What has its types; undefined where the image has them. */
  readonly btf: string | undefined;
  readonly image: string | undefined;
  readonly arch: Architecture | undefined;
  readonly abi: Revision | "auto";
  readonly limits: PerPart<number | undefined>;
  /** What is built: parsers' names, or `all`. */
  readonly targets: readonly string[];
  /** Folders with targets of the user's own. */
  readonly targetFolders: readonly string[];
  /** Images, and folders of them, that the parsers are judged on. */
  readonly verify: readonly string[];
  readonly sign: FleetSigning | undefined;
  readonly prove: boolean;
};

export type FleetSigning = {
  readonly key: string;
  readonly certificate: string;
  readonly allowWeak: boolean;
};

export type Fleet = {
  /** The file itself. */
  readonly file: string;
  readonly kernels: readonly FleetKernel[];
};
