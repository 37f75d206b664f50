import type { Injection } from "#bpf-vm/injection.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { runLoaded } from "#bpf-vm/run-parser.ts";
import type { RunOutcome } from "#bpf-vm/run-program.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import { type Call, MOST_STEPS, Recorder, type WrittenRegion } from "./recorder.ts";

/** A run that has been taken down. State `n` is that before step `n`; the last one is that after the run. */
export type Trace = {
  readonly program: LoadedProgram;
  readonly outcome: RunOutcome;
  /** States: one more than steps recorded. */
  readonly states: number;
  /** Whether the run went on after the last step that was recorded. */
  readonly cut: boolean;
  readonly calls: readonly Call[];
  readonly regions: readonly WrittenRegion[];
  /** The instruction that step `n` carries out; that of the last step in the last state. */
  slotAt(n: number): number;
  /** Functions inside each other. */
  depthAt(n: number): number;
  /** R0 to R10, unsigned. */
  registersAt(n: number): readonly bigint[];
};

/** Runs one of a subject's programs and takes the run down. */
export function traceRun(
  { context }: Pick<ParserUnderTest, "context">,
  program: LoadedProgram,
  image: Uint8Array,
  injection?: Injection,
): Trace {
  const recorder = new Recorder(program);
  const outcome = runLoaded(program, image, context, { observer: recorder, ...(injection && { injection }) });
  const { slots, depths, registers, calls, regions } = recorder;
  const last = slots.length - 1;
  return {
    ...{ program, outcome, calls, regions },
    states: registers.length,
    cut: recorder.executed > MOST_STEPS,
    slotAt: (n) => slots.at(Math.min(n, last)),
    depthAt: (n) => depths.at(Math.min(n, last)),
    registersAt: (n) => registers.at(n),
  };
}

/** Bytes of a region in state `n`, and which of them have been written by then. */
export function bytesAt(
  region: WrittenRegion,
  n: number,
  from: number,
  size: number,
): { readonly bytes: Uint8Array; readonly written: Uint8Array } {
  const length = Math.max(0, Math.min(size, region.size - from));
  const bytes = new Uint8Array(length);
  const written = new Uint8Array(length);
  bytes.set(region.before.subarray(from, from + length));
  for (const store of region.stores) {
    if (store.step >= n) break;
    for (let i = Math.max(0, from - store.offset); i < store.bytes.length; i++) {
      const at = store.offset + i - from;
      if (at >= length) break;
      bytes[at] = store.bytes[i] ?? 0;
      written[at] = 1;
    }
  }
  return { bytes, written };
}

/** Runs of the image's bytes that have been read before state `n`, in the order in which they were read. */
export function readsBefore(
  trace: Trace,
  n: number,
): readonly { readonly offset: number; readonly size: number }[] {
  return trace.calls.flatMap(({ step, image }) => (step < n && image !== undefined ? [image] : []));
}
