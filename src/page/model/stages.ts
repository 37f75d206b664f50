import type { Command } from "#abi/command.ts";
import { PARTS, type PartName } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import { diffStreams, type StreamDifference } from "#abi/stream-diff.ts";
import type { Failure } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { EMPTY_CONTEXT, type KernelContext } from "#kexec-model/context.ts";
import { executeStream } from "#kexec-model/execute.ts";
import { parseAny } from "#reference-parsers/runner.ts";
import { emit, isMalformed } from "#verify/emission.ts";
import { expectedStream } from "#verify/references.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import { LARGEST_PARTS } from "./inspection.ts";

/** One parser's turn at an image, or at what the stage before has queued. */
export type Stage = {
  readonly layer: number;
  readonly title: string;
  readonly revision: Revision;
  readonly image: Uint8Array;
  readonly expected: Result<readonly Command[], Failure>;
  /** Undefined without a parser: then the expected stream is what the kernel gets. */
  readonly emitted: readonly Command[] | undefined;
  readonly said: readonly string[];
  readonly difference: StreamDifference | undefined;
  /** What the kernel has after it, and the command that it refuses. */
  readonly parts: readonly StagePart[];
  readonly refused: string | undefined;
};

export type StagePart = {
  readonly name: PartName | "next image";
  readonly bytes: Uint8Array;
  readonly command: number;
};

/** As the loader's own limit. */
const MOST_LAYERS = 4;

/** An image through all layers: by a parser's programs, or by the reference parsers where there is none. */
export async function stagesOf(
  image: Uint8Array,
  revision: Revision,
  subjects: readonly ParserUnderTest[] | undefined,
): Promise<readonly Stage[]> {
  const stages: Stage[] = [];
  let next: Uint8Array | undefined = image;
  for (let layer = 1; next !== undefined && layer <= MOST_LAYERS; layer++) {
    const own: readonly (ParserUnderTest | undefined)[] = subjects?.filter((one) => one.layer === layer) ?? [
      undefined,
    ];
    const given: Uint8Array = next;
    next = undefined;
    for (const subject of own) {
      const { stage, context } = await stageOf(layer, given, revision, subject);
      stages.push(stage);
      if (!context.parsed) continue;
      next = context.queued[0];
      break;
    }
  }
  return stages;
}

async function stageOf(
  layer: number,
  image: Uint8Array,
  revision: Revision,
  subject: ParserUnderTest | undefined,
): Promise<{ readonly stage: Stage; readonly context: KernelContext }> {
  const expected =
    subject === undefined
      ? parseAny({ image, limits: LARGEST_PARTS, revision })
      : expectedStream(subject.reference, { image, revision, limits: subject.limits, arch: subject.arch });
  const ran = subject === undefined ? undefined : emit(subject, image);
  const emitted = ran?.emitted.flatMap(({ command }) => (isMalformed(command) ? [] : [command]));
  const due = expected.ok ? expected.value : [];
  const commands = emitted ?? due;
  const { context, parts, refused } = await partsAfter(commands, revision);
  return {
    context,
    stage: {
      layer,
      title: subject?.name ?? `layer ${layer}, reference`,
      ...{ revision, image, expected, emitted, parts, refused },
      said: ran?.runs.flatMap(({ outcome }) => outcome.trace) ?? [],
      difference:
        emitted === undefined
          ? undefined
          : diffStreams({ revision, commands: due }, { revision, commands: emitted }),
    },
  };
}

/** Carries commands out one by one, to know which of them makes what. */
async function partsAfter(commands: readonly Command[], revision: Revision) {
  let context = EMPTY_CONTEXT;
  const parts = new Map<StagePart["name"], StagePart>();
  for (const [index, command] of commands.entries()) {
    const before = context;
    const done = await executeStream({ revision, commands: [command] }, before, { stage: "stage" });
    context = done.context;
    if (done.refused !== undefined) {
      return { context, parts: [...parts.values()], refused: `command ${index}: ${done.refused.detail}` };
    }
    for (const { name } of PARTS) {
      const bytes = context[name];
      if (bytes !== undefined && bytes !== before[name]) parts.set(name, { name, bytes, command: index });
    }
    const queued = context.queued.at(-1);
    if (queued !== undefined && context.queued.length > before.queued.length) {
      parts.set("next image", { name: "next image", bytes: queued, command: index });
    }
  }
  return { context, parts: [...parts.values()], refused: undefined };
}
