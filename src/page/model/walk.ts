import { type Command, commandTitle, payloadPlace } from "#abi/command.ts";
import { PARTS, type PartName } from "#abi/parts.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import type { Failure } from "#core/failure.ts";
import { type Emitted, isMalformed } from "#verify/emission.ts";
import { faultPaths, injectionTitle } from "#verify/fault-paths.ts";
import { judge } from "#verify/judge.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { Verdict } from "#verify/verdict.ts";

/** A command as the page shows it. Offsets and sizes in bytes. */
export type ShownCommand = {
  readonly title: string;
  readonly size: number;
  /** Where its payload lies in the image; undefined where it has none, or it is not the image's. */
  readonly from: { readonly offset: number; readonly size: number } | undefined;
  readonly accepted: boolean;
  /** What of the kernel's it becomes. */
  readonly becomes: PartName | undefined;
  readonly fill: boolean;
};

/** What a parser sends for an image, beside what it should send. */
export type Walk = {
  /** What this parser sees: the image, or what the layer before has queued. */
  readonly image: Uint8Array;
  readonly subject: ParserUnderTest;
  readonly expected: readonly ShownCommand[];
  readonly refusal: Failure | undefined;
  readonly emitted: readonly ShownCommand[];
  readonly verdict: Verdict;
  /** The first command that differs. */
  readonly differs: number | undefined;
};

/** A parser on an image, undisturbed. */
export function walk(subject: ParserUnderTest, image: Uint8Array): Walk {
  const verdict = judge(subject, image, {});
  const expected = verdict.expected.ok ? verdict.expected.value.map((one) => shown(one, image)) : [];
  const difference = verdict.findings.find((finding) => finding.kind === "difference");
  return {
    image,
    subject,
    expected,
    refusal: verdict.expected.ok ? undefined : verdict.expected.failure,
    emitted: verdict.emission.emitted.map((one, index) => emittedCommand(one, expected[index])),
    verdict,
    differs: difference?.kind === "difference" ? (difference.difference.index ?? 0) : undefined,
  };
}

/** All subjects, layer by layer: those of the next one see what an accepted command with FILL has queued. */
export function walkLayers(subjects: readonly ParserUnderTest[], image: Uint8Array): readonly Walk[] {
  const walks: Walk[] = [];
  let next: Uint8Array | undefined = image;
  for (let layer = 1; next !== undefined; layer++) {
    const seen: Uint8Array = next;
    const own = subjects.filter((subject) => subject.layer === layer).map((subject) => walk(subject, seen));
    if (own.length === 0) break;
    walks.push(...own);
    next = own.map(queuedBy).find((bytes) => bytes !== undefined);
  }
  return walks;
}

function queuedBy({ verdict }: Walk): Uint8Array | undefined {
  for (const { command, buffer } of verdict.emission.emitted) {
    if (!isMalformed(command) && command.pipeline === "FILL" && buffer.accepted) return command.payload;
  }
  return undefined;
}

/** A reference's payload is a view of the image, or a text that got a NUL. */
function shown(command: Command, image: Uint8Array): ShownCommand {
  const { payload, textAt, subcommand, pipeline } = command;
  const own = textAt !== undefined || (payload.buffer === image.buffer && payload.length > 0);
  return {
    title: commandTitle(command),
    size: payload.length,
    from: own ? payloadPlace(command, image) : undefined,
    accepted: true,
    becomes: partOf(subcommand),
    fill: pipeline === "FILL",
  };
}

/** A buffer is a copy: where it is from is known where it is what it should be. */
function emittedCommand({ command, buffer }: Emitted, due: ShownCommand | undefined): ShownCommand {
  const { accepted, bytes } = buffer;
  if (isMalformed(command)) {
    return {
      title: "malformed",
      size: bytes.length,
      from: undefined,
      accepted,
      becomes: undefined,
      fill: false,
    };
  }
  const title = commandTitle(command);
  const size = command.payload.length;
  const same = due?.title === title && due.size === size;
  return {
    ...{ title, size, accepted },
    from: same ? due.from : undefined,
    becomes: partOf(command.subcommand),
    fill: command.pipeline === "FILL",
  };
}

function partOf(subcommand: Command["subcommand"]): PartName | undefined {
  return PARTS.find((part) => part.subcommand === subcommand)?.name;
}

/** A run that can be looked at: undisturbed, or with something denied. */
export type NamedPath = {
  /** In words; of what was asked for as data, that. */
  readonly title: string;
  readonly label: string;
  readonly injection: Injection | undefined;
};

/**
 * All runs that `verify` makes of a parser and an image, the undisturbed one first.
 *
 * @param asked one more, where it is what is denied as JSON: `{"failReserve":1,"failProbeCall":3}`
 */
export function pathsOf({ subject, verdict }: Walk, asked?: string): readonly NamedPath[] {
  const named = (injection: Injection, title: string | undefined): NamedPath => {
    const label = injectionTitle(injection, subject.programs);
    return { title: title ?? label, label, injection };
  };
  const own = asked === undefined ? undefined : injectionIn(asked);
  return [
    { title: "undisturbed", label: "undisturbed", injection: undefined },
    ...faultPaths(verdict.emission).map((injection) => named(injection, undefined)),
    ...(own === undefined ? [] : [named(own, asked)]),
  ];
}

const DENIED =
  /^\{("(noImage|noContext)":true|"(refuseBuffer|failReserve|failProbeCall|failProbeSite)":\d{1,9}|,(?!\}))+\}$/;

/** Addresses come from anywhere: what is not an injection is none. */
function injectionIn(text: string): Injection | undefined {
  return DENIED.test(text) ? (JSON.parse(text) as Injection) : undefined;
}
