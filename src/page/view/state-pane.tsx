import { shown } from "#page/model/fields.ts";
import { type Moment, type RegionNow, writerOfByte } from "#page/run/moment.ts";
import type { RunRecord } from "#page/run/run-record.ts";
import { byteText } from "./hexdump.tsx";

type Props = {
  readonly record: RunRecord;
  readonly moment: Moment;
  readonly step: number;
  readonly go: (step: number) => void;
};

/** Registers and memory between two instructions. */
export function StatePane({ record, moment, step, go }: Props) {
  return (
    <section class="pane" aria-label="state">
      <h2>Registers</h2>
      <dl class="registers">
        {moment.registers.map((value, r) => (
          <Register
            key={`r${String(r)}`}
            name={`r${r}`}
            value={value}
            changed={moment.changed.has(r)}
            record={record}
          />
        ))}
      </dl>
      <h2>
        Memory that was written <span class="dim">a byte leads to its store</span>
      </h2>
      {moment.regions.length === 0 ? <p class="dim">None yet.</p> : null}
      {moment.regions.map((region) => (
        <Region
          key={region.name}
          region={region}
          seek={(offset) => go(writerOfByte(record, region.name, offset, step) ?? step)}
        />
      ))}
    </section>
  );
}

type RegisterProps = {
  readonly name: string;
  readonly value: bigint;
  readonly changed: boolean;
  readonly record: RunRecord;
};

function Register({ name, value, changed, record }: RegisterProps) {
  const place = value < 0x100000000n ? undefined : record.recorder.placeOf(value);
  const where =
    place === undefined
      ? ""
      : ` ${place.region}${place.offset === 0 ? "" : `${place.offset < 0 ? "" : "+"}${place.offset}`}`;
  return (
    <>
      <dt>{name}</dt>
      <dd class={changed ? "changed" : ""} title={changed ? "changed by the last instruction" : ""}>
        {changed ? "▸ " : ""}
        {place === undefined ? `0x${value.toString(16)}` : ""}
        <span class="dim">{shown(where)}</span>
      </dd>
    </>
  );
}

const PER_LINE = 16;
/** Bytes of a region that are drawn. */
const DRAWN = 512;

function Region({ region, seek }: { readonly region: RegionNow; readonly seek: (offset: number) => void }) {
  const { name, size, bytes, written, fresh } = region;
  const first = Math.floor(written[0] / PER_LINE) * PER_LINE;
  const last = Math.min(bytes.length, written[1], first + DRAWN);
  const lines = Array.from(
    { length: Math.ceil(Math.max(0, last - first) / PER_LINE) },
    (_, i) => first + i * PER_LINE,
  );
  return (
    <details class="region" open>
      <summary>
        {shown(name)} <span class="dim">{size} bytes</span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with keys */}
      <section class="bytes" tabIndex={0} aria-label={`bytes of ${shown(name)}`}>
        {lines.map((offset) => (
          <div key={offset}>
            <span class="dim">{offset.toString(16).padStart(4, "0")} </span>
            {[...bytes.subarray(offset, Math.min(last, offset + PER_LINE))].map((value, i) => {
              const at = offset + i;
              const isFresh = fresh !== undefined && fresh.offset <= at && at < fresh.offset + fresh.size;
              return (
                <button
                  key={at}
                  type="button"
                  tabIndex={-1}
                  class={isFresh ? "fresh" : ""}
                  title={`byte ${at}: to where it was written`}
                  onClick={() => seek(at)}
                >
                  {byteText(value)}
                </button>
              );
            })}
          </div>
        ))}
      </section>
    </details>
  );
}
