import { encodeCommand } from "#abi/command-codec.ts";
import { headerLayout } from "#abi/header-layout.ts";
import type { Revision } from "#abi/revisions.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { GuestCase, GuestInjection, GuestJob } from "#kernel-vm/job.ts";
import type { RecordLimits } from "#reference/input.ts";
import { parseUki } from "#reference/uki.ts";
import { parseZboot } from "#reference/zboot.ts";
import { type ContextLayout, contextLayout, runLoaded } from "#vm/run-parser.ts";
import type { RunOutcome } from "#vm/run-program.ts";
import { profileBtf } from "#vm/target/profile-btf.ts";
import type { NamedBytes, ReferenceName, Subject } from "./subject.ts";

/** A buffer that a witness has a parser send, and the kernel's answer to it. */
export type SentBuffer = { readonly bytes: Uint8Array; readonly accepted: boolean };

/** What the reference says of an image: the buffers to be sent, or why none. Undefined: it does not know the format. */
export type Expectation = Result<readonly Uint8Array[]> | undefined;

/** A case with what the VM made of it. The kernel gets the same case under the same number. */
export type PlannedCase = GuestCase & {
  /** `image, at the end of its memory, call 2 refused`. */
  readonly name: string;
  readonly vm: RunOutcome;
  /** What the reference has sent in this case. */
  readonly expected: readonly SentBuffer[] | undefined;
};

export type Plan = {
  readonly cases: readonly PlannedCase[];
  readonly subjects: readonly Subject[];
  readonly images: readonly NamedBytes[];
};

/**
 * Makes the cases: every image by every parser, at both places in memory, without a parser context, and with each
 * command refused in turn. The VM and the reference are asked here; the kernel by `jobOf`.
 */
export function planCases(
  subjects: readonly Subject[],
  images: readonly NamedBytes[],
  revision: Revision,
  limits: RecordLimits,
): Plan {
  const layout = contextLayout(profileBtf(revision), revision);
  if (layout === undefined) throw new Error(`the profile of ${revision} has no context`);
  const cases = subjects.flatMap((subject, index) =>
    images.flatMap(({ name, bytes }, image) => {
      const expectation = expect(subject.reference, bytes, revision, limits);
      return casesOf(subject, bytes, layout, expectation).map((item) => ({
        ...item,
        name: [name, ...item.words].join(", "),
        subject: index,
        image,
      }));
    }),
  );
  return { cases, subjects, images };
}

type Made = Pick<PlannedCase, "vm" | "expected" | "injection"> & { readonly words: readonly string[] };

function casesOf(
  { program }: Subject,
  image: Uint8Array,
  layout: ContextLayout,
  expectation: Expectation,
): readonly Made[] {
  const run = (words: readonly string[], injection: GuestInjection): Made => ({
    words,
    injection,
    vm: runLoaded(program, image, layout, { injection }),
    expected: expectedIn(expectation, injection),
  });
  const plain = run([], {});
  const atEnd = { ...plain, words: ["at the end of its memory"], injection: { atEnd: true } };
  const refusals = plain.vm.buffers.map((_, index) =>
    run([`call ${index + 1} refused`], { refuseBuffer: index + 1, atEnd: true }),
  );
  return [plain, atEnd, run(["no parser context"], { noContext: true }), ...refusals];
}

/** A parser stops at the first command that the kernel refuses, and sends nothing without a context. */
function expectedIn(
  expectation: Expectation,
  { noContext, refuseBuffer }: GuestInjection,
): readonly SentBuffer[] | undefined {
  if (expectation === undefined) return undefined;
  if (!expectation.ok || noContext) return [];
  return expectation.value
    .slice(0, refuseBuffer ?? expectation.value.length)
    .map((bytes, index) => ({ bytes, accepted: index + 1 !== refuseBuffer }));
}

function expect(
  reference: ReferenceName,
  image: Uint8Array,
  revision: Revision,
  limits: RecordLimits,
): Expectation {
  if (reference === "none") return undefined;
  const commands = (reference === "zboot" ? parseZboot : parseUki)({ image, revision, limits });
  if (!commands.ok) return commands;
  const buffers: Uint8Array[] = [];
  for (const command of commands.value) {
    const bytes = encodeCommand(command, headerLayout(revision));
    if (!bytes.ok) return err<Failure>(bytes.failure);
    buffers.push(bytes.value);
  }
  return ok(buffers);
}

/** The job for the guest: case numbers are positions in the plan. */
export function jobOf(
  plan: Plan,
  containers: readonly NamedBytes[],
  revision: Revision,
  logLevel: number,
): GuestJob {
  const memory = (subject: Subject) => subject.program.maps.reduce((sum, map) => sum + map.maxEntries, 0);
  return {
    revision,
    logLevel,
    containers: containers.map(({ bytes }) => bytes),
    subjects: plan.subjects.map(({ container, path }) => ({ container, path })),
    images: plan.images.map(({ bytes }) => bytes),
    cases: plan.cases.map(({ subject, image, injection }) => ({ subject, image, injection })),
    mapMemory: Math.max(0, ...plan.subjects.map(memory)),
  };
}
