import { join } from "node:path";
import { mergeCoverage } from "#bpf-vm/coverage/report.ts";
import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import type { CampaignProgress } from "#core/events.ts";
import type { Failure } from "#core/failure.ts";
import { writeOutputs } from "#files/output-set.ts";
import { referenceTitle } from "#verify/references.ts";
import type { CampaignRequest, SavedFinding } from "./campaign-request.ts";
import { caseFiles } from "./case-file.ts";
import { FINDINGS, QUEUE, type SavedDescription } from "./corpus-folder.ts";
import type { CampaignEvents } from "./drive.ts";
import { branchCoverage } from "./engine/branch-coverage.ts";
import type { Entry, FuzzDiscovery } from "./engine/campaign.ts";
import { fileNameOf } from "./engine/finding-key.ts";
import type { Resumed } from "./resume.ts";

/** Keeps count, and writes what comes in to the corpus folder, one file after the other. */
export class Journal {
  readonly findings: SavedFinding[];
  readonly reports: CampaignEvents;
  next: number;
  onFailure: () => void = () => undefined;
  readonly #request: CampaignRequest;
  #coverage: readonly Coverage[];
  readonly #keys: Set<string>;
  #cases = 0;
  #entries: number;
  #writes: Promise<void> = Promise.resolve();
  #failure: Failure | undefined;

  constructor(request: CampaignRequest, { input, queue, findings }: Resumed) {
    this.#request = request;
    this.#coverage = request.subject.programs.map(({ lowered }) => new Uint8Array(lowered.bySlot.length));
    this.#keys = new Set(input.known);
    this.#entries = queue.length;
    this.findings = [...findings];
    this.next = input.first;
    this.reports = {
      entry: (entry, coverage) => this.#entry(entry, coverage),
      discovery: (discovery) => this.#discovery(discovery),
      progress: (cases, next) => {
        this.#cases += cases;
        this.next = Math.max(this.next, next);
      },
    };
  }

  progress(milliseconds: number): CampaignProgress {
    return {
      cases: this.#cases,
      milliseconds: Math.round(milliseconds),
      branches: branchCoverage(this.#request.subject.programs, this.#coverage),
      queue: this.#entries,
      findings: this.findings.length,
    };
  }

  cover(coverage: readonly Uint8Array[]): void {
    this.#coverage = this.#coverage.map((one, i) => mergeCoverage(one, coverage[i] ?? one));
  }

  /** Waits until all is written; gives the first failure. */
  async close(): Promise<Failure | undefined> {
    await this.#writes;
    return this.#failure;
  }

  #entry(entry: Entry, coverage: readonly Uint8Array[]): void {
    this.cover(coverage);
    this.#entries += 1;
    const name = String(this.#entries).padStart(6, "0");
    this.#write(QUEUE, name, entry, { why: "reaches a branch that none before it reached" });
  }

  #discovery(discovery: FuzzDiscovery): void {
    const { key, image, injection, changes } = discovery;
    // Two workers may find the same.
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    const { folder, commandFor } = this.#request;
    const name = fileNameOf(key);
    const file = join(folder, FINDINGS, `${name}.img`);
    const command = commandFor(file);
    const why = `${key}: ${changes}`;
    this.findings.push({ key, file, why, injection: injection ?? null, command });
    this.#write(FINDINGS, name, { ...discovery, image }, { why, key, command });
  }

  #write(
    part: string,
    name: string,
    { image, injection, origin }: Entry,
    words: Pick<SavedDescription, "why" | "key" | "command">,
  ): void {
    const { folder, seeds, subject } = this.#request;
    const { revision } = subject;
    const reference = referenceTitle(subject.reference);
    const description: SavedDescription = {
      schema: 1,
      reference,
      revision,
      ...(injection && { injection }),
      ...words,
      origin: seeds[origin]?.name ?? "",
    };
    this.#writes = this.#writes.then(async () => {
      if (this.#failure !== undefined) return;
      const written = await writeOutputs(caseFiles(join(folder, part), name, image, description));
      if (written.ok) return;
      this.#failure = written.failure;
      this.onFailure();
    });
  }
}
