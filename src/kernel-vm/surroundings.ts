import type { GuestArch } from "./guest-arch.ts";

/** Where the machine's things are, as the command line knows them. Paths are absolute. */
export type Surroundings = {
  /** The folder with the sources of module and agent. */
  readonly sources: string;
  /** The project's scripts. */
  readonly debianPackage: string;
  readonly moduleRoot: string;
  readonly setupScript: string;
  readonly cacheDir: string;
  /** PATH. */
  readonly searchPath: string;
  readonly cwd: string;
  readonly signal?: AbortSignal;
};

/** For `runTool`. */
export function cancelledBy({ signal }: Surroundings): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** The command that installs what kernel-vm needs for guests of the architecture. */
export function remedy({ setupScript }: Surroundings, { name }: GuestArch): string {
  return `${setupScript} --kernel-vm${name === "x86" ? "" : `-${name}`}`;
}
