import type { ParserStage, RunParser } from "#abi/run-parser.ts";
import { diffStreams } from "#abi/stream-diff.ts";
import type { Failure } from "#core/failure.ts";
import type { LoadRecord } from "#core/verification.ts";
import { decomposeImage } from "#kexec-model/decompose.ts";
import { notDecomposed } from "#kexec-model/failures.ts";
import { referenceRunner } from "#reference-parsers/runner.ts";
import { expectedStream, NO_REFERENCE } from "./references.ts";
import type { ParserUnderTest } from "./subject.ts";
import { sentBy } from "./vm-runner.ts";

/** What becomes of a container and an image together, without their names. */
export type LoadVerdict = Pick<LoadRecord, "outcome" | "failure">;

/**
 * Makes the whole walk of v7's loader: layer after layer, the parsers in order until one says DONE, `.bpf.nested`, and kernel,
 * initrd and command line at the end; by the bytecode, with the reference parsers asked at each stage.
 *
 * An image that does not load is refused as it should be where no parsers could load it, or where the outermost ones are not for
 * it. It `fails` where the container's own outermost parser takes it and other parsers could take it to the end, and where a
 * parser does not send what its reference does.
 *
 * @param subjects all of the container's
 */
export async function judgeLoad(
  container: Uint8Array,
  image: Uint8Array,
  subjects: readonly ParserUnderTest[],
): Promise<LoadVerdict> {
  const failures: Failure[] = [];
  const runParser: RunParser = async (_object, stage) => {
    const subject = subjectAt(stage, subjects);
    const sent = sentBy(subject, stage.buffers[0]);
    const failure = differs(stage, sent.ok ? sent.value : [], subject);
    if (failure !== undefined) failures.push(failure);
    return sent;
  };
  const loaded = await decomposeImage({ revision: "v7", container, image, runParser });
  const [difference] = failures;
  if (difference !== undefined) return { outcome: "fails", failure: difference };
  if (loaded.ok) return { outcome: "loads", failure: null };
  const { failure } = loaded;
  return { outcome: (await couldLoad(container, image, subjects)) ? "fails" : "refused", failure };
}

/** The parser of a stage, loaded once for all images. */
function subjectAt({ layer, program }: ParserStage, subjects: readonly ParserUnderTest[]): ParserUnderTest {
  const found = subjects.find(
    (subject) =>
      subject.layer === layer && subject.programs.some(({ section }) => section?.endsWith(program)),
  );
  if (found === undefined) throw new Error(`bug: layer ${layer}, ${program} has no subject`);
  return found;
}

/** Where a parser sends something else than its reference parser. */
function differs(
  stage: ParserStage,
  commands: Parameters<typeof diffStreams>[0]["commands"],
  subject: ParserUnderTest,
): Failure | undefined {
  const due = expectedOf(subject, stage.buffers[0]);
  if (due === undefined) return undefined;
  const { revision } = stage;
  const difference = diffStreams({ revision, commands: due.ok ? due.value : [] }, { revision, commands });
  if (difference === undefined) return undefined;
  const where = difference.index === undefined ? "" : `command ${difference.index}, `;
  const { field, a, b } = difference;
  return notDecomposed(
    `layer ${stage.layer}, ${stage.program}`,
    `${where}${field}: ${a} expected, ${b} emitted`,
  );
}

/** Whether the outermost parsers are for the image, and others could take it from there to the end. */
async function couldLoad(
  container: Uint8Array,
  image: Uint8Array,
  subjects: readonly ParserUnderTest[],
): Promise<boolean> {
  const taker = subjects.find((subject) => subject.layer === 1 && expectedOf(subject, image)?.ok);
  if (taker === undefined) return false;
  const others = referenceRunner("v7", taker.limits, taker.arch);
  const runParser: RunParser = async (object, stage) =>
    (stage.layer === 1 ? expectedOf(taker, stage.buffers[0]) : undefined) ?? others(object, stage);
  return (await decomposeImage({ revision: "v7", container, image, runParser })).ok;
}

/** Undefined where no reference knows the format. */
function expectedOf({ reference, revision, limits, arch }: ParserUnderTest, image: Uint8Array) {
  if (reference === NO_REFERENCE) return undefined;
  return expectedStream(reference, { image, revision, limits, arch });
}
