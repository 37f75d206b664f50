import type { Command } from "#abi/command.ts";
import { decodeCommand } from "#abi/command-codec.ts";
import type { HeaderLayout } from "#abi/header-layout.ts";
import { bufferParts, type EmittedBuffer } from "#bpf-vm/emitted-buffer.ts";
import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { runLoaded } from "#bpf-vm/run-parser.ts";
import type { RunOptions, RunOutcome } from "#bpf-vm/run-program.ts";
import type { Malformed } from "#core/failure.ts";
import type { ParserUnderTest } from "./subject.ts";

/** One of a parser's programs, run over an image. */
export type ProgramRun = { readonly program: LoadedProgram; readonly outcome: RunOutcome };

/** A buffer that a program handed to the kernel, and what it says. */
export type Emitted = {
  readonly program: LoadedProgram;
  readonly buffer: EmittedBuffer;
  readonly command: Command | Malformed;
};

export type Emission = {
  /** Those that were run: the last one sent DONE, or there are no more. */
  readonly runs: readonly ProgramRun[];
  readonly emitted: readonly Emitted[];
};

export type EmissionOptions = Omit<RunOptions, "coverage" | "injection"> & {
  readonly injection?: RunOptions["injection"] | undefined;
  /** For each of the subject's programs, to be added to. */
  readonly coverage?: readonly Coverage[];
};

/** Runs a subject over an image as the kernel does: program after program, until one sends DONE. */
export function emit(
  subject: Pick<ParserUnderTest, "programs" | "context" | "header">,
  image: Uint8Array,
  options: EmissionOptions = {},
): Emission {
  const { coverage, injection, ...common } = options;
  const runs: ProgramRun[] = [];
  const emitted: Emitted[] = [];
  for (const [i, program] of subject.programs.entries()) {
    const own = coverage?.[i];
    const outcome = runLoaded(program, image, subject.context, {
      ...common,
      ...(injection && { injection }),
      ...(own && { coverage: own }),
    });
    runs.push({ program, outcome });
    for (const buffer of outcome.buffers) {
      const command = decode(buffer, subject.header, emitted.length);
      emitted.push({ program, buffer, command: command.ok ? command.value : command.failure });
    }
    if (
      outcome.fault !== undefined ||
      emitted.some(({ command, buffer }) => buffer.accepted && isDone(command))
    ) {
      break;
    }
  }
  return { runs, emitted };
}

/** A long payload stays the part of the image that it is. */
function decode(
  buffer: EmittedBuffer,
  header: HeaderLayout,
  index: number,
): ReturnType<typeof decodeCommand> {
  const { head, tail } = bufferParts(buffer);
  return tail !== undefined && head.length === header.size
    ? decodeCommand(head, header, { index, rest: tail })
    : decodeCommand(buffer.bytes, header, { index });
}

export function isMalformed(command: Command | Malformed): command is Malformed {
  return "reason" in command;
}

function isDone(command: Command | Malformed): boolean {
  return !isMalformed(command) && command.command === "DONE";
}
