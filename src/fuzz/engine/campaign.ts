import type { Injection } from "#bpf-vm/injection.ts";
import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import { judge } from "#verify/judge.ts";
import { type GoodFile, goodFileFor } from "#verify/mutations/good-file.ts";
import { mutationsOf } from "#verify/mutations/mutations.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { Finding } from "#verify/verdict.ts";
import { changesText } from "./changes.ts";
import { findingKey } from "./finding-key.ts";
import { injectionsFor } from "./injections.ts";
import { minimise, type Shown } from "./minimise.ts";
import { mutate, type Parent, parentOf } from "./mutate.ts";
import { Random } from "./random.ts";

/** An input worth going on from. */
export type Entry = Shown & {
  /** Which of the campaign's seed files it descends from. */
  readonly origin: number;
};

export type FuzzDiscovery = Entry & {
  /** Kind and source line: one discovery a key. */
  readonly key: string;
  readonly finding: Finding;
  /** The image as a change of its seed file, in words. */
  readonly changes: string;
  /** The case that showed it, before it was made smaller. */
  readonly index: number;
};

/** What one case brought. */
export type CampaignStep = { readonly entry?: Entry; readonly discoveries: readonly FuzzDiscovery[] };

export type CampaignOptions = {
  readonly subject: ParserUnderTest;
  /** Good files, at least one. */
  readonly seeds: readonly GoodFile[];
  readonly seed: number;
  /** The case to begin with, and how far it is to the next one: several workers share the numbers. Defaults 0, 1. */
  readonly first?: number;
  readonly stride?: number;
  /** Of findings that need not be found again. */
  readonly known?: Iterable<string>;
};

/** Instructions; the parsers take thousands, and some 40 more for each section. */
const BUDGET = 20_000_000;
/** How much larger than the largest seed an image may become, in bytes. */
const GROWTH = 8192;
/** One case in so many has something denied. */
const DENIED = 4;
const RECENT = 8;

/**
 * Judges a parser on one made-up image after the other. What case N is follows from the seed, N and the queue, and the queue
 * from the cases before: the same seed gives the same sequence. First come the seeds and their hostile mutations,
 * then mutants of what is in the queue. An input that reaches a branch in a direction that none before it did joins the queue.
 */
export class Campaign {
  readonly coverage: readonly Coverage[];
  readonly queue: Entry[] = [];
  /** The next case. */
  next: number;
  readonly #options: CampaignOptions;
  readonly #stride: number;
  readonly #planned: readonly (() => Entry)[];
  readonly #seen: readonly Coverage[];
  readonly #known: Set<string>;
  readonly #parents = new Map<Uint8Array, Parent>();
  readonly #injection: (random: Random) => Injection;
  readonly #longest: number;

  constructor(options: CampaignOptions) {
    const { subject, seeds } = options;
    const blank = () => subject.programs.map(({ lowered }) => new Uint8Array(lowered.bySlot.length));
    this.#options = options;
    this.next = options.first ?? 0;
    this.#stride = options.stride ?? 1;
    this.coverage = blank();
    this.#seen = blank();
    this.#known = new Set(options.known);
    this.#injection = injectionsFor(subject);
    this.#longest = GROWTH + Math.max(...seeds.map(({ image }) => image.length));
    this.#planned = seeds.flatMap((file, origin) => [
      () => ({ image: file.image, injection: undefined, origin }),
      ...mutationsOf(file).map(({ apply }) => () => ({ image: apply(), injection: undefined, origin })),
    ]);
  }

  /** Takes an entry of an earlier run, or of another worker, into the queue. */
  adopt(entry: Entry): void {
    this.#judge(entry);
    this.#noteCoverage();
    this.queue.push(entry);
  }

  /** Judges the next case. */
  step(): CampaignStep {
    const index = this.next;
    this.next += this.#stride;
    const entry = this.#planned[index]?.() ?? this.#mutant(new Random(this.#options.seed, index));
    const findings = this.#judge(entry);
    const discoveries = findings.length === 0 ? [] : this.#discoveries(entry, findings, index);
    if (!this.#noteCoverage()) return { discoveries };
    this.queue.push(entry);
    return { entry, discoveries };
  }

  #mutant(random: Random): Entry {
    const { queue } = this;
    const { seeds } = this.#options;
    if (queue.length === 0 || random.once(8)) {
      const origin = random.below(seeds.length);
      const file = seeds[origin] as GoodFile;
      return this.#child(random, { image: file.image, injection: undefined, origin });
    }
    // What was new last is the least explored.
    const recent = random.once(3) ? Math.max(0, queue.length - RECENT) : 0;
    return this.#child(random, queue[recent + random.below(queue.length - recent)] as Entry);
  }

  #child(random: Random, { image, injection, origin }: Entry): Entry {
    const { seeds } = this.#options;
    const other = random.once(2) ? random.pick(seeds).image : random.pick(this.queue)?.image;
    const made = mutate(random, this.#parent(image), other ?? image, Math.max(this.#longest, image.length));
    const denied = random.once(DENIED) ? this.#injection(random) : random.once(2) ? injection : undefined;
    return { image: made, injection: denied, origin };
  }

  #parent(image: Uint8Array): Parent {
    const known = this.#parents.get(image);
    if (known !== undefined) return known;
    const parent = parentOf(image, goodFileFor(this.#options.subject.reference, "parent", image));
    this.#parents.set(image, parent);
    return parent;
  }

  #judge({ image, injection }: Shown, coverage: readonly Coverage[] = this.coverage): readonly Finding[] {
    return judge(this.#options.subject, image, { coverage, injection, budget: BUDGET }).findings;
  }

  /** Whether the coverage is more than it was. */
  #noteCoverage(): boolean {
    let more = false;
    for (const [i, now] of this.coverage.entries()) {
      const before = this.#seen[i] as Coverage;
      if (Buffer.compare(now, before) === 0) continue;
      before.set(now);
      more = true;
    }
    return more;
  }

  #discoveries(entry: Entry, findings: readonly Finding[], index: number): readonly FuzzDiscovery[] {
    return findings.flatMap((finding) => {
      const key = findingKey(finding);
      if (this.#known.has(key)) return [];
      this.#known.add(key);
      return this.#smallest(entry, key, index) ?? [];
    });
  }

  #smallest(entry: Entry, key: string, index: number): FuzzDiscovery | undefined {
    const origin = this.#options.seeds[entry.origin];
    if (origin === undefined) return undefined;
    const aside = this.coverage.map((one) => one.slice());
    const found = (shown: Shown) => this.#judge(shown, aside).find((one) => findingKey(one) === key);
    const small = minimise(entry, origin, (shown) => found(shown) !== undefined);
    const finding = found(small);
    return (
      finding && {
        ...small,
        origin: entry.origin,
        key,
        finding,
        changes: changesText(small.image, origin),
        index,
      }
    );
  }
}
