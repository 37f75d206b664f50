import { type Command, commandTitle } from "#abi/command.ts";
import type { Stage } from "#page/model/stages.ts";
import type { Place } from "./hash.ts";
import { hex } from "./map.tsx";

type Props = {
  readonly stage: Stage;
  readonly commands: readonly Command[];
  readonly place: Place;
  readonly go: (change: Partial<Place>) => void;
  readonly outer: boolean;
};

const [IMAGE, COMMAND, PART] = [30, 360, 800];
const [BAR, BOX] = [70, 190];
const ROW = 46;

/** A payload's bytes in the image; a copy with a NUL of its own is found by its text's place, and emitted bytes by their content. */
export function originOf(
  { payload, textAt }: Command,
  image: Uint8Array,
  due: Command | undefined,
): number | undefined {
  if (textAt !== undefined) return textAt;
  if (payload.length > 0 && payload.buffer === image.buffer) return payload.byteOffset - image.byteOffset;
  if (due === undefined || due.payload.length !== payload.length) return undefined;
  return (
    due.textAt ??
    (due.payload.buffer === image.buffer ? due.payload.byteOffset - image.byteOffset : undefined)
  );
}

/** Bands from the bytes of the image to the command that carries them, and on to what the kernel ends up with. */
export function Ribbons({ stage, commands, place, go, outer }: Props) {
  const height = Math.max(2, commands.length) * ROW + 24;
  const scale = (height - 24) / Math.max(1, stage.image.length);
  const due = stage.expected.ok ? stage.expected.value : [];
  return (
    <div class="flow">
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing is no HTML element */}
      <svg
        viewBox={`0 0 1100 ${height}`}
        role="group"
        aria-label="from the image's bytes to commands to the kernel's parts"
      >
        <text class="small" x={IMAGE} y="12">
          image
        </text>
        <text class="small" x={COMMAND} y="12">
          commands, in their order
        </text>
        <text class="small" x={PART} y="12">
          what the kernel has then
        </text>
        <rect class="image" x={IMAGE} y="18" width={BAR} height={height - 24} />
        {commands.map((command, index) => {
          const from = originOf(command, stage.image, due[index]);
          const on = outer && place.command === index;
          const follow = () => go({ command: index, ...(from !== undefined && outer && { at: from }) });
          return <Band key={index} {...{ command, index, from, on, follow, scale }} />;
        })}
        {stage.parts.map(({ name, bytes, command }, row) => {
          const y = 20 + row * ROW;
          return (
            <g key={name}>
              <path class="ribbon" d={band(COMMAND + BOX, 20 + command * ROW, 34, PART, y, 34)} />
              <rect class="box" x={PART} y={y} width={BOX} height="34" rx="2" />
              <text x={PART + 8} y={y + 15}>
                {name}
              </text>
              <text class="small" x={PART + 8} y={y + 28}>
                {bytes.length} bytes
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

type BandProps = {
  readonly command: Command;
  readonly index: number;
  readonly from: number | undefined;
  readonly on: boolean;
  readonly follow: () => void;
  readonly scale: number;
};

function Band({ command, index, from, on, follow, scale }: BandProps) {
  const y = 20 + index * ROW;
  const title = commandTitle(command);
  const label = from === undefined ? title : `${title}: ${command.payload.length} bytes from ${hex(from)}`;
  return (
    <a
      href={`#view=stream&command=${index}`}
      aria-label={label}
      onClick={(event: Event) => {
        event.preventDefault();
        follow();
      }}
    >
      {from === undefined ? null : (
        <path
          class={on ? "ribbon on" : "ribbon"}
          d={band(
            IMAGE + BAR,
            18 + from * scale,
            Math.max(2, command.payload.length * scale),
            COMMAND,
            y,
            34,
          )}
        />
      )}
      <rect class={on ? "image" : "box"} x={COMMAND} y={y} width={BOX} height="34" rx="2" />
      <text x={COMMAND + 8} y={y + 15}>{`${index} ${title}`}</text>
      <text class="small" x={COMMAND + 8} y={y + 28}>
        {command.payload.length === 0
          ? "no payload"
          : `${command.payload.length} bytes${from === undefined ? "" : ` of ${hex(from)}`}`}
      </text>
    </a>
  );
}

/** A band that bends from one edge to another. */
function band(x1: number, y1: number, h1: number, x2: number, y2: number, h2: number): string {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}V${y2 + h2}C${middle} ${y2 + h2} ${middle} ${y1 + h1} ${x1} ${y1 + h1}Z`;
}
