import { useEffect, useMemo, useRef } from "preact/hooks";
import { listProgram } from "#bpf-vm/disassembly.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import { lineText } from "#isa/listing.ts";
import { shown } from "#page/model/fields.ts";
import { type RunRecord, seek } from "#page/run/run-record.ts";

type Props = { readonly record: RunRecord; readonly step: number; readonly go: (step: number) => void };

const slotAt = ({ recorder, steps }: RunRecord, step: number) => recorder.slots.at(Math.min(step, steps - 1));

/** The program's instructions, with how often each was carried out. */
export function CodePane({ record, step, go }: Props) {
  const lines = useMemo(() => listProgram(record.program), [record.program]);
  const slot = slotAt(record, step);
  const box = useInSight(slot);
  return (
    <section class="pane">
      <h2>Disassembly</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with keys */}
      <section class="code" ref={box} tabIndex={0} aria-label="disassembly">
        {lines.map((line) => {
          if (line.kind === "source") return null;
          if (line.kind === "function")
            return (
              <div key={line.name} class="line function">
                {shown(lineText(line))}
              </div>
            );
          const { index } = line.instruction;
          const hits = record.hits.get(index) ?? 0;
          const here = index === slot;
          return (
            <div
              key={index}
              class={`line${here ? " current" : ""}${hits === 0 ? " never" : ""}`}
              aria-current={here ? "step" : undefined}
            >
              <span class="hits">{hits === 0 ? "" : hits}</span>
              <button
                type="button"
                class="link"
                disabled={hits === 0}
                onClick={() => go(nearest(record, step, (one) => slotAt(record, one) === index))}
              >
                {String(index).padStart(4)}
              </button>
              <span>{shown(line.text)}</span>
            </div>
          );
        })}
      </section>
    </section>
  );
}

type SourceRow = {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly hits: number;
};

/** The source lines that the program's debug information has, with how often a run came to each. */
export function SourcePane({ record, step, go }: Props) {
  const rows = useMemo(() => sourceRows(record), [record]);
  const here = sourceOf(record.program, slotAt(record, step));
  const box = useInSight(`${here?.file}:${here?.line}`);
  const isHere = (row: SourceRow) => row.line === here?.line && row.file === here.file;
  const reached = rows.filter(({ hits }) => hits > 0).length;
  return (
    <section class="pane">
      <h2>
        Source{" "}
        <span class="dim">
          {reached} of {rows.length} lines reached
        </span>
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with keys */}
      <section class="code" ref={box} tabIndex={0} aria-label="source">
        {rows.length === 0 ? <p class="dim">The program has no debug information.</p> : null}
        {rows.map((row) => (
          <div
            key={`${row.file}:${row.line}`}
            class={`line${isHere(row) ? " current" : ""}${row.hits === 0 ? " never" : ""}`}
            title={row.file}
            aria-current={isHere(row) ? "step" : undefined}
          >
            <span class="hits">{row.hits === 0 ? "" : row.hits}</span>
            <button
              type="button"
              class="link"
              disabled={row.hits === 0}
              aria-label={`run to line ${row.line}`}
              onClick={() =>
                go(
                  nearest(record, step, (one) => {
                    const source = sourceOf(record.program, slotAt(record, one));
                    return source?.line === row.line && source.file === row.file;
                  }),
                )
              }
            >
              {String(row.line).padStart(4)}
            </button>
            <span>{shown(row.text.replaceAll("\t", "  "))}</span>
          </div>
        ))}
      </section>
    </section>
  );
}

/** The next moment of which `holds` is true, else the last one before; `step` itself where there is none. */
function nearest(record: RunRecord, step: number, holds: (step: number) => boolean): number {
  return seek(record, step, 1, holds) ?? seek(record, step, -1, holds) ?? step;
}

function sourceRows({ program, hits }: RunRecord): readonly SourceRow[] {
  const rows = new Map<string, SourceRow>();
  for (const { index } of program.instructions) {
    const source = sourceOf(program, index);
    if (source === undefined) continue;
    const key = `${source.file}:${source.line}`;
    const most = Math.max(hits.get(index) ?? 0, rows.get(key)?.hits ?? 0);
    rows.set(key, { file: source.file, line: source.line, text: source.text, hits: most });
  }
  return [...rows.values()].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

/** Keeps the current line in sight. */
function useInSight(what: unknown) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const [element, line] = [box.current, box.current?.querySelector<HTMLElement>(".current")];
    if (!element || !line) return;
    const y = line.offsetTop;
    if (y < element.scrollTop + 18 || y > element.scrollTop + element.clientHeight - 36) {
      element.scrollTop = y - element.clientHeight / 3;
    }
  }, [what]);
  return box;
}
