import { type OpenedLayer, placeOf } from "#page/model/layer.ts";
import { byteText } from "#page/model/size.ts";
import { VirtualList } from "./virtual-list.tsx";

type Props = {
  readonly layer: Pick<OpenedLayer, "bytes" | "fields" | "inspection">;
  readonly at: number;
  readonly onAt: (at: number) => void;
};

const WIDE = 16;
const PAGE = 16 * WIDE;
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -WIDE,
  ArrowDown: WIDE,
  PageUp: -PAGE,
  PageDown: PAGE,
};

/** The bytes, sixteen a row. Arrows move, Home and End go to the file's ends. */
export function Hexdump({ layer, at, onAt }: Props) {
  const { bytes } = layer;
  const last = Math.max(0, bytes.length - 1);
  const { field, part } = placeOf(layer, at);
  const around = field ?? { offset: at, size: 1 };
  const key = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? last : by === undefined ? undefined : at + by;
    if (to === undefined) return;
    event.preventDefault();
    onAt(Math.max(0, Math.min(last, to)));
  };
  const click = (event: MouseEvent) => {
    const said = (event.target as HTMLElement).dataset["at"];
    if (said !== undefined) onAt(Number(said));
  };
  const mark = (offset: number) =>
    offset === at
      ? "at"
      : offset >= around.offset && offset < around.offset + around.size
        ? "field"
        : part !== undefined && offset >= part.offset && offset < part.offset + part.size
          ? "part"
          : "";
  return (
    <VirtualList
      rows={Math.ceil(bytes.length / WIDE)}
      height={18}
      label="Bytes"
      class="hex mono"
      show={Math.floor(at / WIDE)}
      onKeyDown={key}
      onClick={click}
      render={(row) => <HexRow key={row} bytes={bytes} start={row * WIDE} mark={mark} />}
    />
  );
}

type RowProps = {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly mark: (offset: number) => string;
};

function HexRow({ bytes, start, mark }: RowProps) {
  const values = Array.from(bytes.subarray(start, start + WIDE));
  return (
    <div class="hex-row">
      <span class="offset">{start.toString(16).padStart(8, "0")}</span>
      <span class="cells">
        {values.map((value, i) => (
          <span key={i} data-at={start + i} class={mark(start + i)}>
            {byteText(value)}
          </span>
        ))}
      </span>
      <span class="text">
        {values.map((value, i) => (
          <span key={i} data-at={start + i} class={mark(start + i)}>
            {value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : "·"}
          </span>
        ))}
      </span>
    </div>
  );
}
