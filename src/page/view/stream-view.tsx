import { hueOf } from "#page/model/map.ts";
import { grouped, hex } from "#page/model/size.ts";
import type { ShownCommand, Walk } from "#page/model/walk.ts";
import { failureText } from "#report/failure-text.ts";
import { referenceTitle } from "#verify/references.ts";

type Props = {
  readonly walks: readonly Walk[];
  readonly command: number | undefined;
  readonly onCommand: (walk: Walk, index: number, from: ShownCommand["from"]) => void;
};

const HEIGHT = 220;
const PARTS = ["kernel", "initrd", "cmdline"] as const;

/** Of each parser: the way of bytes from the image by a command to what the kernel ends up with. */
export function StreamView({ walks, command, onCommand }: Props) {
  if (walks.length === 0) return <p class="empty">No parser: drop a .bpf container onto the page.</p>;
  const revisions = new Set(walks.map(({ subject }) => subject.revision));
  return (
    <div class={revisions.size > 1 ? "streams beside" : "streams"}>
      {sideBySide(walks).map((walk) => (
        <section key={walk.subject.name} class="stream" aria-label={walk.subject.name}>
          <h2>
            {walk.subject.name}{" "}
            <small>
              {walk.subject.revision}, judged by {referenceTitle(walk.subject.reference)}
            </small>
          </h2>
          <Outcome walk={walk} />
          <Ribbons walk={walk} size={walk.image.length} chosen={command} />
          <Commands walk={walk} chosen={command} onCommand={onCommand} />
        </section>
      ))}
    </div>
  );
}

/** Layer by layer, parsers of one reference together, v6 before v7. */
function sideBySide(walks: readonly Walk[]): readonly Walk[] {
  const order = ({ subject: { layer, reference, revision } }: Walk) =>
    `${layer} ${referenceTitle(reference)} ${revision}`;
  return walks.toSorted((a, b) => order(a).localeCompare(order(b)));
}

function Outcome({ walk }: { readonly walk: Walk }) {
  const { differs, verdict, refusal } = walk;
  if (differs !== undefined)
    return <p class="bad">✕ differs from what is expected, first at command {differs}</p>;
  if (verdict.findings.length > 0)
    return <p class="bad">✕ {verdict.findings.map(({ kind }) => kind).join(", ")}</p>;
  if (refusal !== undefined) return <p class="good">✓ refused, as it should be: {failureText(refusal)}</p>;
  return <p class="good">✓ emitted is what is expected, byte for byte</p>;
}

function Ribbons({
  walk,
  size,
  chosen,
}: {
  readonly walk: Walk;
  readonly size: number;
  readonly chosen: number | undefined;
}) {
  const { emitted } = walk;
  if (emitted.length === 0) return null;
  const box = Math.min(34, (HEIGHT - 10) / emitted.length);
  const y = (offset: number) => 5 + (offset / Math.max(1, size)) * (HEIGHT - 10);
  return (
    <svg
      class="ribbons"
      viewBox={`-30 0 930 ${HEIGHT}`}
      role="img"
      aria-label="From the image by the commands to the kernel"
    >
      <rect class="ground" x="60" y="5" width="46" height={HEIGHT - 10} />
      <text x="54" y="16" class="axis">
        0
      </text>
      <text x="54" y={HEIGHT - 6} class="axis">
        {hex(size)}
      </text>
      {emitted.map((one, i) => {
        const top = 5 + i * box;
        const hue = `hue-${hueOf(one.title)} ${chosen === undefined || chosen === i ? "" : "faint"}`;
        const place = one.becomes === undefined ? -1 : PARTS.indexOf(one.becomes);
        return (
          <g key={i} class={hue}>
            {one.from && (
              <path
                class="ribbon"
                d={ribbon(
                  106,
                  y(one.from.offset),
                  y(one.from.offset + one.from.size),
                  360,
                  top + 1,
                  top + box - 3,
                )}
              />
            )}
            <rect class="command" x="360" y={top + 1} width="190" height={box - 4} />
            <text x="368" y={top + box / 2 + 3}>
              {one.title}
              {one.accepted ? "" : " (refused)"}
            </text>
            {place >= 0 && one.accepted && (
              <path
                class="ribbon"
                d={ribbon(550, top + 1, top + box - 3, 760, 8 + place * 70, 60 + place * 70)}
              />
            )}
            {place >= 0 && one.accepted && (
              <rect class="command" x="760" y={8 + place * 70} width="130" height="52" />
            )}
            {place >= 0 && one.accepted && (
              <text x="768" y={30 + place * 70}>
                {one.becomes}
                {one.title.startsWith("DECOMPRESS") ? ", unpacked" : ""}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

function ribbon(x1: number, top1: number, end1: number, x2: number, top2: number, end2: number): string {
  const middle = (x1 + x2) / 2;
  const low = Math.max(end1, top1 + 1.5);
  return `M${x1},${top1} C${middle},${top1} ${middle},${top2} ${x2},${top2} L${x2},${end2} C${middle},${end2} ${middle},${low} ${x1},${low} Z`;
}

function Commands({
  walk,
  chosen,
  onCommand,
}: { readonly walk: Walk } & Pick<Props, "onCommand"> & { readonly chosen: number | undefined }) {
  const { expected, emitted, differs } = walk;
  const rows = Array.from({ length: Math.max(expected.length, emitted.length) }, (_, i) => i);
  if (rows.length === 0) return null;
  return (
    <table class="commands">
      <thead>
        <tr>
          <th scope="col">#</th>
          <th scope="col">expected</th>
          <th scope="col">emitted</th>
          <th scope="col">bytes</th>
          <th scope="col">from</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((i) => {
          const due = expected[i];
          const sent = emitted[i];
          const from = sent?.from ?? due?.from;
          return (
            <tr key={i} aria-current={chosen === i} class={differs === i ? "bad" : ""}>
              <td class="mono">{i}</td>
              <td>{due?.title ?? "nothing"}</td>
              <td>
                <button type="button" onClick={() => onCommand(walk, i, from)}>
                  {sent?.title ?? "nothing"}
                </button>
                {differs === i ? " ✕ first difference" : ""}
              </td>
              <td class="mono number">{grouped((sent ?? due)?.size ?? 0)}</td>
              <td class="mono">{from === undefined ? "" : hex(from.offset)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
