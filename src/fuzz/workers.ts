import { Worker } from "node:worker_threads";
import type { CampaignInput } from "./campaign-input.ts";
import { type CampaignEvents, drive } from "./drive.ts";
import type { Campaign } from "./engine/campaign.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/** Campaigns at work. */
export type Workers = {
  readonly stop: () => void;
  /** Settled once all have ended. */
  readonly ended: Promise<void>;
};

/** One campaign in this thread, whose sequence of cases is the same every time. */
export function alone(campaign: Campaign, cases: number, reports: CampaignEvents): Workers {
  let stopped = false;
  return {
    stop: () => {
      stopped = true;
    },
    ended: drive(campaign, cases, () => stopped, reports),
  };
}

/** A thread for each campaign. What one adds to its queue the others add to theirs, when they get to hear of it. */
export function together(
  workerFile: string,
  inputs: readonly CampaignInput[],
  cases: number,
  reports: CampaignEvents,
): Workers {
  const workers = inputs.map((input, i) => {
    const share = Math.floor((cases + i) / inputs.length);
    return new Worker(workerFile, {
      workerData: { input, cases: Number.isFinite(cases) ? share : cases },
    });
  });
  const tell = (worker: Worker, message: ToWorker): void => worker.postMessage(message);
  const hear = (worker: Worker, message: FromWorker): void => {
    switch (message.kind) {
      case "entry":
        for (const other of workers)
          if (other !== worker) tell(other, { kind: "adopt", entry: message.entry });
        reports.entry(message.entry, message.coverage);
        break;
      case "discovery":
        reports.discovery(message.discovery);
        break;
      case "progress":
        reports.progress(message.cases, message.next);
        break;
    }
  };
  const ends = workers.map(
    (worker) =>
      new Promise<void>((resolve, reject) => {
        worker.on("message", (message: FromWorker) => hear(worker, message));
        worker.on("error", reject);
        worker.on("exit", () => resolve());
      }),
  );
  return {
    stop: () => {
      for (const worker of workers) tell(worker, { kind: "stop" });
    },
    ended: Promise.all(ends).then(() => undefined),
  };
}
