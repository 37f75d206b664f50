import { useMemo } from "preact/hooks";
import { sourceOf } from "#bpf-vm/program.ts";
import { type ListedLine, lineText } from "#isa/listing.ts";
import type { Trace } from "#page/run/trace.ts";
import { VirtualList } from "./virtual-list.tsx";

type Props = {
  readonly trace: Trace;
  readonly listed: readonly ListedLine[];
  readonly now: number;
  readonly onStep: (n: number) => void;
};

type Line = {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly slots: readonly number[];
};

/** Source with coverage, and the disassembly beside it. A line or an instruction is run to by a click. */
export function Listing({ trace, listed, now, onStep }: Props) {
  const slot = trace.slotAt(now);
  const lines = useMemo(() => sourceLines(trace), [trace]);
  const current = sourceOf(trace.program, slot);
  const place = lines.findIndex(({ line, file }) => line === current?.line && file === current.file);
  const at = listed.findIndex((one) => one.kind === "instruction" && one.instruction.index === slot);
  const { coverage } = trace.outcome;
  const runTo = (wanted: (slot: number) => boolean) => {
    for (let i = 1; i < trace.states; i++) {
      const n = (now + i) % trace.states;
      if (wanted(trace.slotAt(n))) return onStep(n);
    }
  };
  return (
    <>
      <VirtualList
        rows={lines.length}
        height={18}
        label="Source"
        class="source mono"
        show={place < 0 ? undefined : place}
        render={(n) => {
          const one = lines[n];
          if (one === undefined) return null;
          const ran = one.slots.some((each) => (coverage[each] ?? 0) !== 0);
          return (
            <button
              type="button"
              key={n}
              class={ran ? "ran" : "unreached"}
              aria-current={n === place}
              title={`${one.file}:${one.line}${ran ? "" : ", not reached"}`}
              onClick={() => runTo((each) => one.slots.includes(each))}
            >
              <span class="offset">
                {ran ? "●" : "○"} {one.line}
              </span>
              {one.text}
            </button>
          );
        }}
      />
      <VirtualList
        rows={listed.length}
        height={18}
        label="Instructions"
        class="code mono"
        show={at < 0 ? undefined : at}
        render={(n) => {
          const line = listed[n];
          if (line === undefined) return null;
          if (line.kind !== "instruction")
            return (
              <div key={n} class="comment">
                {lineText(line)}
              </div>
            );
          const { index } = line.instruction;
          return (
            <button
              type="button"
              key={n}
              class={(coverage[index] ?? 0) === 0 ? "unreached" : "ran"}
              aria-current={index === slot}
              onClick={() => runTo((each) => each === index)}
            >
              {lineText(line)}
            </button>
          );
        }}
      />
    </>
  );
}

/** The lines that the program has instructions of, by file and number. */
function sourceLines({ program }: Trace): readonly Line[] {
  const lines = new Map<string, Line & { readonly slots: number[] }>();
  for (const { index } of program.instructions) {
    const source = sourceOf(program, index);
    if (source === undefined) continue;
    const key = `${source.file}:${source.line}`;
    const known = lines.get(key);
    if (known === undefined) lines.set(key, { ...source, slots: [index] });
    else known.slots.push(index);
  }
  return [...lines.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}
