import type { Injection } from "#bpf-vm/injection.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import { runLoaded } from "#bpf-vm/run-parser.ts";
import type { RunOutcome } from "#bpf-vm/run-program.ts";
import type { SourceLine } from "#isa/listing.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import { MOST_STEPS, Recorder } from "./recorder.ts";

/** A run of one program over an image, every moment of which can be looked at. */
export type RunRecord = {
  readonly program: LoadedProgram;
  readonly image: Uint8Array;
  readonly outcome: RunOutcome;
  readonly recorder: Recorder;
  /** Moments are 0, before the first instruction, to `steps`, after the last one that is recorded. */
  readonly steps: number;
  readonly events: readonly RunEvent[];
  /** By the slot: how often it was carried out. */
  readonly hits: ReadonlyMap<number, number>;
};

/** What a run does that is worth a stop. */
export type RunEvent = { readonly step: number; readonly kind: EventKind; readonly text: string };

export type EventKind = "read" | "reserve" | "command" | "printk" | "call" | "fault" | "exit";

/** Runs a program of a parser as the anchor does, and keeps all that happens. */
export function recordRun(
  { context }: Pick<ParserUnderTest, "context">,
  program: LoadedProgram,
  image: Uint8Array,
  injection: Injection = {},
): RunRecord {
  const recorder = new Recorder(program);
  const outcome = runLoaded(program, image, context, { injection, observer: recorder });
  const steps = Math.min(recorder.executed, MOST_STEPS);
  const hits = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const slot = recorder.slots.at(step);
    hits.set(slot, (hits.get(slot) ?? 0) + 1);
  }
  return { program, image, outcome, recorder, steps, events: eventsOf(recorder, outcome, steps), hits };
}

/** The source line of a moment's next instruction. */
export function lineAt({ program, recorder, steps }: RunRecord, step: number): SourceLine | undefined {
  return sourceOf(program, recorder.slots.at(Math.min(step, steps - 1)));
}

/** The first moment after `from`, or before it, of which `holds` is true; undefined where there is none. */
export function seek(
  { steps }: RunRecord,
  from: number,
  direction: 1 | -1,
  holds: (step: number) => boolean,
): number | undefined {
  for (let step = from + direction; step >= 0 && step < steps; step += direction)
    if (holds(step)) return step;
  return undefined;
}

function eventsOf(recorder: Recorder, outcome: RunOutcome, steps: number): readonly RunEvent[] {
  let command = 0;
  let printed = 0;
  const events = recorder.calls.map(({ step, name, image, registers }): RunEvent => {
    if (image !== undefined) {
      return {
        step,
        kind: "read",
        text: `reads ${image.size} bytes at 0x${image.offset.toString(16)} of the image`,
      };
    }
    if (name.startsWith("bpf_ringbuf_reserve")) {
      return { step, kind: "reserve", text: `reserves ${registers[1]} bytes` };
    }
    if (name === "bpf_buffer_parser") {
      const buffer = outcome.buffers[command];
      const verdict = buffer === undefined || buffer.accepted ? "" : ", refused";
      return { step, kind: "command", text: `command ${command++}, ${registers[1]} bytes${verdict}` };
    }
    if (name.includes("printk")) {
      return { step, kind: "printk", text: `says: ${outcome.trace[printed++] ?? ""}` };
    }
    return { step, kind: "call", text: name };
  });
  const { fault, result } = outcome;
  const end: RunEvent =
    fault === undefined
      ? { step: steps, kind: "exit", text: `returns ${result ?? "nothing"}` }
      : { step: Math.max(0, steps - 1), kind: "fault", text: fault.detail };
  return [...events, end];
}
