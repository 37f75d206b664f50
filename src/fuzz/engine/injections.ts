import { probeReadSites } from "#bpf-vm/helpers/probe-read.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { Random } from "./random.ts";

/** Higher counts than a parser with a record a part gets to. */
const [RESERVES, BUFFERS, PROBES] = [5, 4, 12];

/** Makes the faults that a campaign injects; now and then two at once. */
export function injectionsFor(subject: ParserUnderTest): (random: Random) => Injection {
  const sites = [...new Set(subject.programs.flatMap(probeReadSites))];
  const one = (random: Random): Injection => {
    switch (random.below(5)) {
      case 0:
        return { noContext: true };
      case 1:
        return { failReserve: 1 + random.below(RESERVES) };
      case 2:
        return { refuseBuffer: 1 + random.below(BUFFERS) };
      case 3:
        return { failProbeCall: 1 + random.below(PROBES) };
      default:
        return sites.length === 0 ? { noContext: true } : { failProbeSite: random.pick(sites) };
    }
  };
  return (random) => (random.once(8) ? { ...one(random), ...one(random) } : one(random));
}

/** The injection by itself: each of its faults alone, simplest first. */
export function simpler(injection: Injection | undefined): readonly (Injection | undefined)[] {
  if (injection === undefined) return [];
  const single = Object.entries(injection).map(([name, value]): Injection => ({ [name]: value }));
  return [undefined, ...(single.length > 1 ? single : [])];
}
