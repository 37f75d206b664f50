import { useMemo } from "preact/hooks";
import { listProgram } from "#bpf-vm/disassembly.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import type { FilePart } from "#inspect/types.ts";
import { type NamedPath, pathsOf, type Walk } from "#page/model/walk.ts";
import { decidingBytes } from "#page/run/deciding.ts";
import { readsBefore, type Trace, traceRun } from "#page/run/trace.ts";
import { ImageMap } from "./image-map.tsx";
import { Listing } from "./listing.tsx";
import { MachineState } from "./machine-state.tsx";
import { Transport } from "./transport.tsx";

type Props = {
  readonly walk: Walk;
  readonly image: Uint8Array;
  readonly parts: readonly FilePart[];
  readonly path: string | undefined;
  readonly step: number;
  readonly onPath: (title: string) => void;
  readonly onStep: (step: number) => void;
  readonly onAt: (at: number) => void;
};

/** A run of a parser, forward and back. */
export function ParserView({ walk, image, parts, path, step, onPath, onStep, onAt }: Props) {
  const { subject } = walk;
  const paths = useMemo(() => pathsOf(walk, path), [walk, path]);
  const chosen = paths.find(({ title }) => title === path) ?? paths[0];
  const trace = useMemo(() => tracePath(walk, image, chosen?.injection), [walk, image, chosen]);
  const listed = useMemo(() => trace && listProgram(trace.program), [trace]);
  if (trace === undefined || listed === undefined) return <p class="empty">No program.</p>;
  const last = trace.states - 1;
  const now = Math.max(0, Math.min(last, step));
  const go = (n: number) => onStep(Math.max(0, Math.min(last, n)));
  return (
    <div class="parser-view">
      <div class="bar">
        <label>
          denied{" "}
          <select value={chosen?.title} onChange={(event) => onPath(event.currentTarget.value)}>
            {paths.map(({ title, label }: NamedPath) => (
              <option key={title} value={title}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <span class="what">
          {subject.name}, {trace.outcome.executed.toLocaleString("en-US")} instructions
        </span>
        <Refusal trace={trace} onStep={go} onAt={onAt} />
      </div>
      <Transport trace={trace} now={now} onStep={go} />
      <ImageMap parts={parts} size={image.length} at={undefined} lit={readsBefore(trace, now)} onAt={onAt} />
      <div class="columns">
        <Listing trace={trace} listed={listed} now={now} onStep={go} />
        <MachineState trace={trace} now={now} onStep={go} />
      </div>
    </div>
  );
}

/** The run of the program that had the last word: that which sent DONE, or the last one. */
function tracePath(
  { subject }: Walk,
  image: Uint8Array,
  injection: Injection | undefined,
): Trace | undefined {
  const traces = subject.programs.map((program) => traceRun(subject, program, image, injection));
  return traces.find(({ outcome }) => outcome.buffers.length > 0) ?? traces.at(-1);
}

/** Why an image is refused: what the parser says, the line, and the bytes that decided. */
function Refusal({
  trace,
  onStep,
  onAt,
}: {
  readonly trace: Trace;
  readonly onStep: (n: number) => void;
  readonly onAt: (at: number) => void;
}) {
  const said = trace.outcome.trace.at(-1);
  const decided = useMemo(() => (said === undefined ? undefined : decidingBytes(trace)), [trace]);
  if (said === undefined) return null;
  const { lastPrintk } = trace.outcome;
  const line = lastPrintk === undefined ? undefined : sourceOf(trace.program, lastPrintk);
  const call = trace.calls.findLast(({ name }) => name.startsWith("bpf_trace_"));
  return (
    <span class="refusal">
      <b>says</b> <q>{said.trim()}</q>{" "}
      <button type="button" onClick={() => onStep(call?.step ?? 0)}>
        line {line?.line ?? "?"}
      </button>
      {decided?.bytes.map(({ offset, size }) => (
        <button type="button" key={offset} class="deciding" onClick={() => onAt(offset)}>
          decided by {size === 1 ? "byte" : `${size} bytes`} at 0x{offset.toString(16)}
        </button>
      ))}
      {decided !== undefined && (
        <button type="button" onClick={() => onStep(decided.step)}>
          the jump
        </button>
      )}
    </span>
  );
}
