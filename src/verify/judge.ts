import type { Command } from "#abi/command.ts";
import { diffStreams, type StreamDifference } from "#abi/stream-diff.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import { hexdumpAround } from "#bytes/hexdump.ts";
import type { SourceLine } from "#isa/listing.ts";
import { diffEffects } from "#kexec-model/effects.ts";
import { type Emission, type EmissionOptions, emit, isMalformed } from "./emission.ts";
import { streamDue } from "./expectation.ts";
import { ownStream } from "./own-stream.ts";
import { expectedStream, NO_REFERENCE } from "./references.ts";
import { blame, writerOf } from "./source-of-byte.ts";
import type { ParserUnderTest } from "./subject.ts";
import type { Finding, Verdict } from "./verdict.ts";

/** `exact`: command by command, byte by byte. `effect`: what the kernel ends up with. */
export type Comparison = "exact" | "effect";

/**
 * Runs a subject over an image and compares what it emits with the reference parser's stream, byte by byte. With
 * an injection the whole stream or none of it must come, and after a refused command nothing.
 *
 * @param expected what an earlier verdict on the image expects: it is the same whatever is denied
 * @throws nothing: what a parser does wrong is a finding
 */
export function judge(
  subject: ParserUnderTest,
  image: Uint8Array,
  options: EmissionOptions = {},
  expected?: Verdict["expected"],
): Verdict {
  const verdict = conduct(subject, image, options, expected);
  const difference = compare(subject, verdict, options.injection);
  return withDifference(subject, image, options, verdict, difference);
}

/** As `judge`, by what the kernel makes of the streams: see `diffEffects`. */
export async function judgeEffect(
  subject: ParserUnderTest,
  image: Uint8Array,
  options: EmissionOptions = {},
  expected?: Verdict["expected"],
): Promise<Verdict> {
  const verdict = conduct(subject, image, options, expected);
  const { injection } = options;
  const emitted = commandsOf(verdict.emission);
  // A stream cut short by the kernel has no effect that could be compared.
  if (emitted === undefined || injection?.refuseBuffer !== undefined) return verdict;
  const { revision } = subject;
  const streams = [
    { revision, commands: streamDue(verdict.expected, injection, emitted.length) },
    { revision, commands: emitted },
  ] as const;
  const cause = diffStreams(...streams);
  // The same stream has the same effect, and need not be decompressed to know it.
  const difference = cause && (await diffEffects(...streams));
  return withDifference(subject, image, options, verdict, difference, cause);
}

/** The run, and what is wrong with it whatever was expected. */
function conduct(
  subject: ParserUnderTest,
  image: Uint8Array,
  options: EmissionOptions,
  known: Verdict["expected"] | undefined,
): Verdict {
  const emission = emit(subject, image, options);
  const expected = known ?? expectedOf(subject, image, options, emission);
  const writer = (index: number, offset: number) =>
    writerOf(subject, image, options, index, () => offset)?.source;
  return {
    expected,
    emission,
    findings: [...misbehaviour(emission), ...malformed(emission, writer), ...badReference(expected)],
  };
}

function expectedOf(
  subject: ParserUnderTest,
  image: Uint8Array,
  { injection, budget }: EmissionOptions,
  emission: Emission,
): Verdict["expected"] {
  const { reference, revision, limits, arch } = subject;
  if (reference !== NO_REFERENCE) return expectedStream(reference, { image, revision, limits, arch });
  if (injection === undefined) return ownStream(subject, emission);
  return ownStream(subject, emit(subject, image, budget === undefined ? {} : { budget }));
}

function badReference(expected: Verdict["expected"]): Finding[] {
  if (expected.ok || expected.failure.reason !== "bad-reference") return [];
  return [{ kind: "bad-reference", failure: expected.failure, source: undefined }];
}

function misbehaviour({ runs }: Emission): Finding[] {
  return runs.flatMap(({ program, outcome: { fault, leaks, strayReads } }): Finding[] => {
    const strays = strayReads.map((read): Finding => {
      return { kind: "stray-read", read, source: sourceOf(program, read.instruction) };
    });
    if (fault !== undefined) {
      // What a program held when a fault ended it says nothing.
      return [...strays, { kind: "fault", fault, source: sourceOf(program, fault.instruction) }];
    }
    const held = leaks.map((reference): Finding => {
      return { kind: "leak", reference, source: sourceOf(program, reference.acquiredAt) };
    });
    return [...strays, ...held];
  });
}

function malformed(
  { emitted }: Emission,
  writer: (index: number, offset: number) => SourceLine | undefined,
): Finding[] {
  const findings: Finding[] = [];
  let refused = false;
  for (const [index, { program, buffer, command }] of emitted.entries()) {
    if (isMalformed(command)) {
      const { offset } = command;
      const around = hexdumpAround(buffer.bytes, offset);
      findings.push({
        kind: "malformed",
        index,
        failure: command,
        emitted: around,
        source: writer(index, offset),
      });
    }
    if (refused) findings.push({ kind: "went-on", index, source: sourceOf(program, buffer.instruction) });
    refused ||= !buffer.accepted;
  }
  return findings;
}

/** Undefined where a buffer is no command: that is a finding by itself. */
function commandsOf({ emitted }: Emission): readonly Command[] | undefined {
  const commands = emitted.flatMap(({ command }) => (isMalformed(command) ? [] : [command]));
  return commands.length === emitted.length ? commands : undefined;
}

function compare(
  { revision }: ParserUnderTest,
  { expected, emission }: Verdict,
  injection: Injection | undefined,
): StreamDifference | undefined {
  const commands = commandsOf(emission);
  if (commands === undefined) return undefined;
  const due = streamDue(expected, injection, commands.length);
  return diffStreams({ revision, commands: due }, { revision, commands });
}

function withDifference(
  subject: ParserUnderTest,
  image: Uint8Array,
  options: EmissionOptions,
  verdict: Verdict,
  difference: StreamDifference | undefined,
  /** Where an effect differs, the streams do, and only they have bytes that somebody stored. */
  cause = difference,
): Verdict {
  // A program that a fault ended could not send the rest.
  const incomparable = verdict.findings.some(({ kind }) => kind === "fault" || kind === "bad-reference");
  if (difference === undefined || incomparable) return verdict;
  // That a command is one too many has been said where it came after a refused one.
  if (verdict.findings.some((one) => one.kind === "went-on" && one.index === difference.index))
    return verdict;
  const { source, sourceIs } = blame(subject, image, options, cause ?? difference, verdict.emission);
  const finding: Finding = { kind: "difference", difference, source, sourceIs };
  return { ...verdict, findings: [...verdict.findings, finding] };
}
