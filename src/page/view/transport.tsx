import { sourceOf } from "#bpf-vm/program.ts";
import type { Trace } from "#page/run/trace.ts";

type Props = { readonly trace: Trace; readonly now: number; readonly onStep: (n: number) => void };

/** What a step, an event or a line is forward and back. */
export function Transport({ trace, now, onStep }: Props) {
  const last = trace.states - 1;
  const moves: readonly (readonly [string, string, () => number])[] = [
    ["start", "Home", () => 0],
    ["◀ event", "PageUp", () => trace.calls.findLast(({ step }) => step < now)?.step ?? 0],
    ["◀ line", "ArrowUp", () => otherLine(trace, now, -1)],
    ["◀ step", "ArrowLeft", () => now - 1],
    ["step ▶", "ArrowRight", () => now + 1],
    ["line ▶", "ArrowDown", () => otherLine(trace, now, 1)],
    ["event ▶", "PageDown", () => trace.calls.find(({ step }) => step > now)?.step ?? last],
    ["end", "End", () => last],
  ];
  const key = (event: KeyboardEvent) => {
    const move = moves.find(([, name]) => name === event.key);
    if (move === undefined || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    onStep(move[2]());
  };
  return (
    <div class="transport" role="toolbar" aria-label="Run" onKeyDown={key}>
      {moves.map(([label, name, to]) => (
        <button type="button" key={name} aria-keyshortcuts={name} title={name} onClick={() => onStep(to())}>
          {label}
        </button>
      ))}
      <input
        type="range"
        min="0"
        max={last}
        value={now}
        aria-label="Step"
        onInput={(event) => onStep(Number(event.currentTarget.value))}
      />
      <output class="mono" aria-label="Step number">
        {now} / {last}
        {trace.cut ? " (the run went on)" : ""}
      </output>
    </div>
  );
}

function otherLine({ program, slotAt, states }: Trace, now: number, by: 1 | -1): number {
  const here = sourceOf(program, slotAt(now));
  for (let n = now + by; n > 0 && n < states - 1; n += by) {
    const line = sourceOf(program, slotAt(n));
    if (line !== undefined && (line.line !== here?.line || line.file !== here?.file)) return n;
  }
  return by > 0 ? states - 1 : 0;
}
