import type { Command } from "#abi/command.ts";
import type { RunParser } from "#abi/run-parser.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok } from "#core/result.ts";
import type { CrosscheckPlan, Exhibit, PlannedCase, PlanOptions } from "#crosscheck/plan.ts";
import type { NamedBytes, ProgramUnderTest } from "#crosscheck/subject.ts";
import { decompose } from "#kexec-model/decompose.ts";
import { emit, isMalformed } from "#verify/emission.ts";
import { expectedStream } from "#verify/references.ts";

/** What a whole load sends: the streams of all parsers that the kernel runs, one behind the other. */
type Load = Pick<PlannedCase, "vm" | "expected">;

/**
 * The cases for a kernel that has v7: every image by every container, in one `kexec_file_load()` each. A case belongs to the container's
 * first parser; the others are there to be loaded by themselves. Left out are corpus cases, which are for single parsers, and loads in
 * which the kernel refuses a command: what a parser does then, the VM would have to be told beforehand.
 *
 * @returns undefined where `beat` ended it
 */
export async function planLoads(
  containers: readonly NamedBytes[],
  subjects: readonly ProgramUnderTest[],
  images: readonly Exhibit[],
  { own, beat = () => true }: PlanOptions,
): Promise<CrosscheckPlan | undefined> {
  const cases: PlannedCase[] = [];
  for (const [container, { name, bytes }] of containers.entries()) {
    const first = subjects.findIndex((subject) => subject.container === container);
    const parsers = subjects.filter((subject) => subject.container === container);
    for (const [image, exhibit] of images.entries()) {
      if (!(await beat(container * images.length + image, containers.length * images.length))) {
        return undefined;
      }
      if (exhibit.description !== undefined) continue;
      const load = await followLoad(bytes, exhibit.bytes, parsers);
      if (load === undefined) continue;
      const title = `${exhibit.name} by ${name}`;
      cases.push({ ...load, name: title, denied: undefined, injection: {}, subject: first, image });
    }
  }
  return { revision: "v7", cases, subjects, images, own };
}

/** Undefined where the kernel would refuse a command. */
async function followLoad(
  container: Uint8Array,
  image: Uint8Array,
  parsers: readonly ProgramUnderTest[],
): Promise<Load | undefined> {
  const streams: Stream[] = [];
  const runParser: RunParser = async (_object, { layer, program, buffers: [shown] }) => {
    const path = `${".bpf.nested/".repeat(layer - 1)}${program}`;
    const parser = parsers.find((item) => item.path === path);
    if (parser === undefined) throw new Error(`no ${path} in the container`);
    const stream = streamOf(parser, shown);
    streams.push(stream);
    return stream.commands.length > 0
      ? ok(stream.commands)
      : err({ reason: "unsupported", what: "the image", detail: "the parser sends nothing" });
  };
  const made = await decompose({ revision: "v7", container, image, runParser });
  const failures = made.ok ? made.value.attempts.flatMap(({ failure }) => failure ?? []) : [made.failure];
  if (failures.some(refusesCommand) || streams.some(({ malformed }) => malformed)) return undefined;
  const expected = streams.every((stream) => stream.expected !== undefined)
    ? ok(streams.flatMap((stream) => stream.expected ?? []))
    : undefined;
  const outcomes = streams.flatMap((stream) => stream.outcomes);
  return {
    expected,
    vm: {
      fault: outcomes.find(({ fault }) => fault !== undefined)?.fault,
      buffers: outcomes.flatMap(({ buffers }) => buffers),
      trace: outcomes.flatMap(({ trace }) => trace),
    },
  };
}

type Stream = {
  readonly outcomes: readonly PlannedCase["vm"][];
  readonly commands: readonly Command[];
  /** A buffer that is no command. */
  readonly malformed: boolean;
  /** The reference's; nothing, where it refuses the image. Undefined: there is no reference. */
  readonly expected: readonly Command[] | undefined;
};

function streamOf(
  { program, context, header, reference, limits, arch }: ProgramUnderTest,
  image: Uint8Array,
): Stream {
  const { runs, emitted } = emit({ programs: [program], context, header }, image);
  const due = reference && expectedStream(reference, { image, revision: "v7", limits, arch });
  return {
    outcomes: runs.map(({ outcome }) => outcome),
    commands: emitted.flatMap(({ command }) => (isMalformed(command) ? [] : [command])),
    malformed: emitted.some(({ command }) => isMalformed(command)),
    expected: due?.ok === false ? [] : due?.value,
  };
}

function refusesCommand(failure: Failure): boolean {
  if (failure.reason !== "not-decomposed") return false;
  return failure.command !== undefined || failure.causes.some(refusesCommand);
}
