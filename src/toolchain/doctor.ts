import { discover } from "./discover.ts";
import type { DiscoveryOptions } from "./settings.ts";
import type { ToolReport } from "./toolchain.ts";

/** Whether this machine can build, as data; the CLI makes the table and the exit status of it. */
export type DoctorReport = {
  /** Raised when a field changes its meaning or goes away; new fields do not count. */
  readonly schema: 1;
  readonly tools: readonly ToolReport[];
  /** The one command that mends everything required that is missing; absent where nothing is or none is known. */
  readonly remedy?: string;
  /** Every required tool was found; optional ones do not matter. */
  readonly healthy: boolean;
};

export async function examineTools(options: DiscoveryOptions = {}): Promise<DoctorReport> {
  const { tools, toolchain, remedy } = await discover(options);
  const healthy = toolchain !== undefined;
  return remedy === undefined ? { schema: 1, tools, healthy } : { schema: 1, tools, remedy, healthy };
}
