import type { KernelHeaders } from "#build/kernel-headers/kernel-headers.ts";
import type { Prover } from "#build/plan.ts";
import type { WorkSharing } from "#build/run/sharing.ts";
import type { Slots } from "#build/run/slots.ts";
import type { DigestState, State } from "#build/state/state.ts";
import type { EventSink } from "#core/events.ts";
import type { KernelReader } from "#kernel-image/reader.ts";

/** What several builds of a process have in common, or builds of several machines. */
export type BuildSharing = {
  /** Rules at a time. Default: as many as the request's jobs. */
  readonly slots?: Slots;
  /** Default: all work is done here. */
  readonly work?: WorkSharing;
  /** Default: what each build reads it reads itself. */
  readonly kernels?: KernelReader;
  /** Default: a build has its own. */
  readonly headers?: KernelHeaders;
  /** Of files from outside, by their paths. Default: each build has its own. */
  readonly digests?: Map<string, DigestState>;
};

/** What a build works with beside the request. */
export type BuildContext = {
  readonly state: State;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  /** The folder with `frame.hbs` and the built-in targets. */
  readonly templates: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Proves what a build made; where it is missing, none can be asked for. */
  readonly prover?: Prover;
  /** Where the user stands: what the paths of tools are relative to. */
  readonly cwd: string;
  /** The checkout's scripts/setup, offered as the remedy for missing tools. */
  readonly setupScript: string | undefined;
  readonly sharing: BuildSharing;
};
