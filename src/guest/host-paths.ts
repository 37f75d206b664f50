import { readOsRelease } from "#toolchain/os-release.ts";
import { remedyFor } from "#toolchain/remedy.ts";
import type { PackagedTool } from "#toolchain/toolchain.ts";

/** Where the machine's things are, as the command line knows them. Paths are absolute. */
export type HostPaths = {
  /** The folder with the sources of module and agent. */
  readonly sources: string;
  /** The project's scripts. */
  readonly debianPackage: string;
  readonly moduleRoot: string;
  /** Undefined where the package has none. */
  readonly setupScript: string | undefined;
  readonly cacheDir: string;
  /** PATH. */
  readonly searchPath: string;
  readonly cwd: string;
  readonly signal?: AbortSignal;
  /** For tests: other than the system's own. */
  readonly osRelease?: string;
  readonly root?: boolean;
};

/** For `runTool`. */
export function cancelledBy({ signal }: HostPaths): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** The command that installs what kernel-vm lacks, as a failure has it: absent where none is known. */
export async function remedy(
  { setupScript, osRelease = "/etc/os-release", root = process.getuid?.() === 0 }: HostPaths,
  tools: readonly PackagedTool[],
): Promise<{ readonly remedy?: string }> {
  const command = remedyFor(await readOsRelease(osRelease), tools, { root, setupScript });
  return command === undefined ? {} : { remedy: command };
}
