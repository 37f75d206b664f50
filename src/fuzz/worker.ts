import { parentPort, workerData } from "node:worker_threads";
import { type CampaignInput, openCampaign } from "./campaign-input.ts";
import { drive } from "./drive.ts";
import type { Entry } from "./engine/campaign.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/** A worker thread's way in: a campaign of its own, whose entries the others get and which gets theirs. */
async function main(): Promise<void> {
  const { input, cases } = workerData as { readonly input: CampaignInput; readonly cases: number };
  const say = (message: FromWorker): void => parentPort?.postMessage(message);
  const campaign = await openCampaign(input);
  // The main thread opened the same parser and seeds before.
  if (!campaign.ok) throw new Error(JSON.stringify(campaign.failure));
  let stopped = false;
  const listen = (message: ToWorker): void => {
    if (message.kind === "stop") stopped = true;
    else campaign.value.adopt(message.entry satisfies Entry);
  };
  parentPort?.on("message", listen);
  await drive(campaign.value, cases, () => stopped, {
    entry: (entry, coverage) => say({ kind: "entry", entry, coverage }),
    discovery: (discovery) => say({ kind: "discovery", discovery }),
    progress: (done, next) => say({ kind: "progress", cases: done, next }),
  });
  parentPort?.off("message", listen);
}

void main();
