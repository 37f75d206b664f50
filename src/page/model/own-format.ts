import type { Command } from "#abi/command.ts";
import { payloadPlace } from "#abi/command.ts";
import { LARGEST_PARTS } from "#abi/limits.ts";
import { REVISIONS } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { PageAnswer, PageCommand, PageFormat, PageQuestion } from "#page/data.ts";
import { NO_REFERENCE, type OwnReference } from "#verify/references.ts";
import type { ParserUnderTest } from "#verify/subject.ts";

type Input = Parameters<OwnReference["parse"]>[0];
type Asked = Omit<Input, "image">;

/** What the page asks of an image whatever parsers it has: what `inspect` asks. */
const OF_EACH_IMAGE: readonly PageQuestion[] = REVISIONS.map((revision) => ({
  ...{ revision, arch: null, limits: LARGEST_PARTS },
}));

/** What a format of the user's own says of an image: to what is asked of each, and for the parsers that are judged by it. */
export function recordAnswers(
  format: OwnReference,
  image: Uint8Array,
  parsers: readonly ParserUnderTest[],
): readonly PageAnswer[] {
  const questions = [...OF_EACH_IMAGE];
  for (const { reference, revision, arch, limits } of parsers) {
    if (reference !== format || questions.some((one) => isAsked(one, { revision, arch, limits }))) continue;
    questions.push({ revision, arch: arch ?? null, limits });
  }
  return questions.map((question) => {
    const { revision, arch, limits } = question;
    const stream = format.parse({ image, revision, limits, arch: arch ?? undefined });
    const said = stream.ok
      ? { commands: stream.value.map((command) => pageCommand(command, image)), failure: null }
      : { commands: null, failure: stream.failure };
    return { ...question, ...said };
  });
}

function isAsked({ revision, arch, limits }: PageQuestion, asked: Asked): boolean {
  const { kernel, initrd, cmdline } = asked.limits;
  const same = limits.kernel === kernel && limits.initrd === initrd && limits.cmdline === cmdline;
  return same && revision === asked.revision && arch === (asked.arch ?? null);
}

function pageCommand(command: Command, image: Uint8Array): PageCommand {
  const { payload, textAt, subcommand = null, pipeline = null } = command;
  const place = payload.length === 0 ? { offset: 0, size: 0 } : payloadPlace(command, image);
  return { ...{ command: command.command, subcommand, pipeline }, ...place, ended: textAt !== undefined };
}

function commandOf(
  { command, subcommand, pipeline, offset, size, ended }: PageCommand,
  image: Uint8Array,
): Command {
  const bytes = image.subarray(offset, offset + size);
  const what = { command, subcommand: subcommand ?? undefined, pipeline: pipeline ?? undefined };
  if (!ended) return { ...what, payload: bytes };
  const payload = new Uint8Array(size + 1);
  payload.set(bytes);
  return { ...what, payload, textAt: offset };
}

/** An image with what the page has about it. */
type Answered = { readonly bytes: Uint8Array | undefined; readonly answers: readonly PageAnswer[] };

/** A format of the user's own in the page: what was said when the page was made, of the images that it was made with. */
export type RecordedFormat = {
  readonly reference: OwnReference;
  /** Whether it was asked about the image, itself and not a copy. */
  readonly hasSeen: (image: Uint8Array) => boolean;
  /** The parser, judged by the format only where that was asked about the image for a parser like it. */
  readonly judging: (subject: ParserUnderTest, image: Uint8Array) => ParserUnderTest;
};

/** What stands for the module in the page, which runs nothing of it. */
export function recordedFormat(
  { name, file, fields }: PageFormat,
  images: readonly Answered[],
): RecordedFormat {
  const answersFor = (image: Uint8Array) => images.find(({ bytes }) => bytes === image)?.answers ?? [];
  const answerTo = (asked: Input) => answersFor(asked.image).find((one) => isAsked(one, asked));
  const parse = (input: Input): Result<readonly Command[]> => {
    const answer = answerTo(input);
    if (answer === undefined) {
      return err({
        reason: "bad-reference",
        file,
        detail: "it was not asked about this when the page was made",
      });
    }
    return answer.commands === null
      ? err(answer.failure)
      : ok(answer.commands.map((command) => commandOf(command, input.image)));
  };
  const reference: OwnReference = {
    ...{ name, file, fields, digest: "", ofEveryCase: false, parse },
    goodImages: () => ok([]),
  };
  return {
    reference,
    hasSeen: (image) => answersFor(image).length > 0,
    judging: (subject, image) => {
      const { revision, arch, limits } = subject;
      const unknown =
        subject.reference === reference && answerTo({ image, revision, arch, limits }) === undefined;
      return unknown ? { ...subject, reference: NO_REFERENCE } : subject;
    },
  };
}
