import type { Command } from "#abi/command.ts";
import type { Revision } from "#abi/revisions.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import type { RunOutcome } from "#bpf-vm/run-program.ts";
import type { Result } from "#core/result.ts";
import type { GuestCase, GuestInjection, GuestJob, OwnInterface } from "#guest/job.ts";
import { type CorpusCase, isFor } from "#verify/corpus-case.ts";
import { type Emission, emit } from "#verify/emission.ts";
import { faultPaths, injectionTitle } from "#verify/fault-paths.ts";
import { expectedStream } from "#verify/references.ts";
import type { NamedBytes, ProgramUnderTest } from "./subject.ts";

/** An image to show to parsers. */
export type Exhibit = NamedBytes & {
  /** Of a corpus case: it is shown to parsers of its reference only, with one thing more denied. */
  readonly description?: CorpusCase | undefined;
  /** Position of the one container whose programs it is shown to, for it carries them. Default: all. */
  readonly container?: number;
};

/** A case with what the VM made of it. The kernel gets the same case under the same number. */
export type PlannedCase = GuestCase & {
  /** `image, command 1 refused, at the end of its memory`. */
  readonly name: string;
  readonly vm: Pick<RunOutcome, "fault" | "buffers" | "trace">;
  /** What the VM denied it: nothing, where this is undefined. */
  readonly denied: Injection | undefined;
  /** What the reference sends where nothing is denied. Undefined: it does not know the format. */
  readonly expected: Result<readonly Command[]> | undefined;
};

export type CrosscheckPlan = {
  readonly revision: Revision;
  readonly cases: readonly PlannedCase[];
  readonly subjects: readonly ProgramUnderTest[];
  readonly images: readonly NamedBytes[];
  /** Of a kernel that shows the images itself. */
  readonly own?: OwnInterface | undefined;
};

export type PlanOptions = {
  /** The kernel's own interface: images are shown undisturbed. Default: the testbed's, with all that it can deny. */
  readonly own?: OwnInterface;
  /** Called before each parser and image, from 0; false ends it. A long plan lets others have a turn here. */
  readonly beat?: (done: number, all: number) => boolean | Promise<boolean>;
};

/**
 * Makes the cases: every image by every parser, at both places in memory, and with each thing denied that the kernel
 * can be made to deny. The VM and the reference are asked here; the kernel by `jobOf`.
 *
 * @returns undefined where `beat` ended it
 */
export async function planCases(
  revision: Revision,
  subjects: readonly ProgramUnderTest[],
  images: readonly Exhibit[],
  { own, beat = () => true }: PlanOptions = {},
): Promise<CrosscheckPlan | undefined> {
  const cases: PlannedCase[] = [];
  for (const [subject, tested] of subjects.entries()) {
    for (const [image, exhibit] of images.entries()) {
      const all = subjects.length * images.length;
      if (!(await beat(subject * images.length + image, all))) return undefined;
      const { description, container = tested.container } = exhibit;
      if (container !== tested.container) continue;
      if (description && !isFor(description, { revision, reference: tested.reference })) continue;
      for (const made of casesOf(tested, revision, exhibit, own === undefined)) {
        cases.push({ ...made, subject, image });
      }
    }
  }
  return { revision, cases, subjects, images, own };
}

type Made = Omit<PlannedCase, "subject" | "image">;

function casesOf(
  subject: ProgramUnderTest,
  revision: Revision,
  { name, bytes, description }: Exhibit,
  deny: boolean,
): Made[] {
  const { reference, limits, program, arch } = subject;
  const expected = reference && expectedStream(reference, { image: bytes, revision, limits, arch });
  const run = (injection?: Injection): Emission =>
    emit({ programs: [program], context: subject.context, header: subject.header }, bytes, { injection });
  const made = (emission: Emission, denied: Injection | undefined, injection: GuestInjection): Made[] => {
    const place = injection.atEnd ? ["at the end of its memory"] : [];
    const title = denied === undefined ? [] : [injectionTitle(denied)];
    const [only] = emission.runs;
    if (only === undefined) return [];
    return [{ name: [name, ...title, ...place].join(", "), vm: only.outcome, denied, injection, expected }];
  };
  const plain = run();
  if (!deny) return made(plain, undefined, {});
  const denials = [...(description?.injection ? [description.injection] : []), ...faultPaths(plain)];
  return [
    ...made(plain, undefined, {}),
    ...made(plain, undefined, { atEnd: true }),
    ...denials.flatMap((denied) => {
      const injection = inKernel(denied, plain);
      return injection === undefined ? [] : made(run(denied), denied, { ...injection, atEnd: true });
    }),
  ];
}

/**
 * How the guest denies the same. A reserve fails where its ring is full, so that ring must not be asked twice.
 * Undefined for what it cannot do: the helpers that read memory have their own mind.
 */
function inKernel(denied: Injection, { runs }: Emission): GuestInjection | undefined {
  const { failReserve, failProbeCall, failProbeSite, ...same } = denied;
  if (failProbeCall !== undefined || failProbeSite !== undefined) return undefined;
  if (failReserve === undefined) return same;
  const rings = runs.flatMap(({ outcome }) => outcome.rings);
  const fullRing = rings[failReserve - 1];
  if (fullRing === undefined || rings.filter((ring) => ring === fullRing).length > 1) return undefined;
  return { ...same, fullRing };
}

/** The job for the guest: case numbers are positions in the plan. */
export function jobOf(plan: CrosscheckPlan, containers: readonly NamedBytes[], logLevel: number): GuestJob {
  const memory = (subject: ProgramUnderTest) =>
    subject.program.maps.reduce((sum, map) => sum + map.maxEntries, 0);
  return {
    revision: plan.revision,
    own: plan.own,
    logLevel,
    containers: containers.map(({ bytes }) => bytes),
    subjects: plan.subjects.map(({ container, path }) => ({ container, path })),
    images: plan.images.map(({ bytes }) => bytes),
    cases: plan.cases.map(({ subject, image, injection }) => ({ subject, image, injection })),
    mapMemory: Math.max(0, ...plan.subjects.map(memory)),
  };
}
