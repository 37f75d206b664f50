import { setImmediate as immediate } from "node:timers/promises";
import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import type { Campaign, Entry, FuzzDiscovery } from "./engine/campaign.ts";

/** How long a campaign runs before it looks at signals and messages, in milliseconds. */
const SLICE = 50;

/** What the others get to know of a running campaign. */
export type CampaignEvents = {
  readonly entry: (entry: Entry, coverage: readonly Coverage[]) => void;
  readonly discovery: (discovery: FuzzDiscovery) => void;
  /** Cases since the last time, and the number of the next one. */
  readonly progress: (cases: number, next: number) => void;
};

/** Runs a campaign for so many cases, or until it is stopped; other work of the thread gets its turn between slices. */
export async function drive(
  campaign: Campaign,
  cases: number,
  stopped: () => boolean,
  reports: CampaignEvents,
): Promise<void> {
  for (let left = cases; left > 0 && !stopped(); ) {
    const end = performance.now() + SLICE;
    let done = 0;
    while (done < left && performance.now() < end) {
      const { entry, discoveries } = campaign.step();
      done += 1;
      if (entry !== undefined) reports.entry(entry, campaign.coverage);
      for (const discovery of discoveries) reports.discovery(discovery);
    }
    left -= done;
    reports.progress(done, campaign.next);
    await immediate();
  }
}
