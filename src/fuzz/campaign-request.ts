import type { CampaignProgress } from "#core/events.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { ParserInput, SeedInput } from "./campaign-input.ts";
import type { Entry } from "./engine/campaign.ts";

export type CampaignRequest = {
  readonly parser: ParserInput;
  /** The same, loaded. */
  readonly subject: ParserUnderTest;
  readonly seeds: readonly SeedInput[];
  /** Default: that of the run before, else 1. */
  readonly seed: number | undefined;
  /** Cases to run; Infinity for no end. */
  readonly cases: number;
  readonly seconds: number;
  readonly workers: number;
  /** Of the cases, every `count`th worker's, from the `index`th (from 1) on: other machines try the others. */
  readonly shard: { readonly index: number; readonly count: number };
  /** Where the parser is, for those who merge corpora later. */
  readonly parserFile: string;
  /** The bundled `worker.ts`; not used by one worker, which runs in this thread. */
  readonly workerFile: string;
  readonly folder: string;
  /** The command line that judges the parser on a saved image. */
  readonly commandFor: (image: string) => string;
  /** Ends the campaign early: what it has stays. */
  readonly signal: AbortSignal;
  readonly progress: (progress: CampaignProgress) => void;
  /** Something that the user should know. */
  readonly note: (text: string) => void;
};

export type SavedFinding = {
  readonly key: string;
  /** The image. */
  readonly file: string;
  readonly why: string;
  readonly injection: Entry["injection"] | null;
  readonly command: string;
};

export type CampaignSummary = CampaignProgress & {
  readonly revision: string;
  readonly reference: string;
  readonly seed: number;
  /** The number of the first case, and that of the next run's first. */
  readonly first: number;
  readonly next: number;
  /** Those of earlier runs that are still there included. */
  readonly saved: readonly SavedFinding[];
};
