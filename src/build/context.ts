import type { Prover } from "#build/plan.ts";
import type { State } from "#build/state/state.ts";
import type { EventSink } from "#core/events.ts";

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
};
