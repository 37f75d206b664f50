import { UNREADABLE } from "#bpf-vm/execution.ts";
import { byteText } from "#page/model/size.ts";
import type { Call, WrittenRegion } from "#page/run/recorder.ts";
import { bytesAt, type Trace } from "#page/run/trace.ts";
import { VirtualList } from "./virtual-list.tsx";

type Props = { readonly trace: Trace; readonly now: number; readonly onStep: (n: number) => void };

const POISON = (BigInt(UNREADABLE.high >>> 0) << 32n) | BigInt(UNREADABLE.low >>> 0);
/** Bytes of a region that are shown. */
const SHOWN = 128;

/** Registers, memory and events in one state of a run. */
export function MachineState({ trace, now, onStep }: Props) {
  const before = now > 0 ? trace.registersAt(now - 1) : [];
  const registers = trace.registersAt(now);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="state" aria-label="Machine" tabIndex={0}>
      <h2>Registers</h2>
      <dl class="registers mono" aria-label="Registers">
        {registers.map((value, r) => (
          <div key={r} class={before[r] === value || now === 0 ? "" : "changed"}>
            <dt>r{r}</dt>
            <dd>{value === POISON ? "—" : `0x${value.toString(16)}`}</dd>
          </div>
        ))}
      </dl>
      <h2>Events</h2>
      <VirtualList
        rows={trace.calls.length}
        height={18}
        label="Events"
        class="events mono"
        show={Math.max(
          0,
          trace.calls.findLastIndex(({ step }) => step <= now),
        )}
        render={(n) => {
          const call = trace.calls[n];
          if (call === undefined) return null;
          return (
            <button
              type="button"
              key={n}
              class={call.step < now ? "ran" : ""}
              aria-current={call.step === now}
              onClick={() => onStep(call.step)}
            >
              {call.step} {callText(call)}
            </button>
          );
        }}
      />
      {trace.regions.map((region) => (
        <Memory key={region.name} region={region} now={now} onStep={onStep} />
      ))}
    </section>
  );
}

function callText({ name, image }: Call): string {
  return image === undefined ? name : `${name} image[0x${image.offset.toString(16)}] ${image.size} bytes`;
}

/** The end of a stack frame, the beginning of anything else. A byte goes to where it was written. */
function Memory({ region, now, onStep }: { readonly region: WrittenRegion } & Omit<Props, "trace">) {
  const from = region.kind === "stack" ? Math.max(0, region.size - SHOWN) : 0;
  const { bytes, written } = bytesAt(region, now, from, SHOWN);
  const writer = (at: number) =>
    region.stores.findLast(({ step, offset, size }) => step < now && offset <= at && at < offset + size)
      ?.step;
  const rows = Array.from({ length: Math.ceil(bytes.length / 16) }, (_, row) => row * 16);
  const go = (event: MouseEvent) => {
    const said = (event.target as HTMLElement).dataset["at"];
    const step = said === undefined ? undefined : writer(Number(said));
    if (step !== undefined) onStep(step);
  };
  return (
    <details open={region.kind === "stack"}>
      <summary>
        {region.name} <small>{region.size.toLocaleString("en-US")} bytes</small>
      </summary>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the events do the same by keyboard */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
      <div class="memory mono" onClick={go}>
        {rows.map((row) => (
          <div key={row}>
            <span class="offset">{(from + row).toString(16).padStart(4, "0")}</span>
            {Array.from(bytes.subarray(row, row + 16), (value, i) => (
              <span key={i} data-at={from + row + i} class={written[row + i] === 1 ? "written" : ""}>
                {written[row + i] === 1 || region.kind === "map-value" ? byteText(value) : "··"}{" "}
              </span>
            ))}
          </div>
        ))}
      </div>
    </details>
  );
}
