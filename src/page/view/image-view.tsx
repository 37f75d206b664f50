import { useEffect, useState } from "preact/hooks";
import { type Inner, type OpenedLayer, openInner, openLayer, placeOf } from "#page/model/layer.ts";
import type { RecordedFormat } from "#page/model/own-format.ts";
import { byteText, grouped, hex } from "#page/model/size.ts";
import { failureText } from "#report/failure-text.ts";
import { Hexdump } from "./hexdump.tsx";
import { ImageMap } from "./image-map.tsx";
import { PartTree } from "./part-tree.tsx";

type Props = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly format: RecordedFormat | undefined;
  readonly at: number | undefined;
  readonly onAt: (at: number) => void;
};

/** An image, or a layer in it: map, tree of parts, bytes, and what the chosen byte is. */
export function ImageView({ name, bytes, format, at, onAt }: Props) {
  const [layers, setLayers] = useState<readonly OpenedLayer[]>([]);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    let current = true;
    setLayers([]);
    void openLayer([name], bytes, format).then((opened) => {
      if (!current) return;
      setTrouble(opened.ok ? "" : failureText(opened.failure));
      if (opened.ok) setLayers([opened.value]);
    });
    return () => {
      current = false;
    };
  }, [name, bytes, format]);
  const layer = layers.at(-1);
  if (layer === undefined) return <p class="empty">{trouble || "Reading …"}</p>;
  const open = (inner: Inner) => {
    void openInner(layer, inner).then((opened) => {
      setTrouble(opened.ok ? "" : failureText(opened.failure));
      if (!opened.ok) return;
      setLayers([...layers, opened.value]);
      onAt(0);
    });
  };
  const back = (depth: number) => setLayers(layers.slice(0, depth + 1));
  const chosen = Math.min(at ?? 0, Math.max(0, layer.bytes.length - 1));
  return (
    <div class="image-view">
      <Crumbs layers={layers} onBack={back} />
      {trouble !== "" && (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
      {format !== undefined && !format.hasSeen(bytes) && (
        <p class="note">
          {format.reference.file} was asked about files when the page was made: {name} is shown as formats
          that the page knows.
        </p>
      )}
      <ImageMap
        key={layer.path.join("/")}
        parts={layer.inspection.parts}
        size={layer.bytes.length}
        at={chosen}
        lit={[]}
        onAt={onAt}
      />
      <div class="columns">
        <PartTree layer={layer} at={chosen} onAt={onAt} onOpen={open} />
        <Hexdump layer={layer} at={chosen} onAt={onAt} />
        <Inspector layer={layer} at={chosen} />
      </div>
    </div>
  );
}

function Crumbs({
  layers,
  onBack,
}: {
  readonly layers: readonly OpenedLayer[];
  readonly onBack: (depth: number) => void;
}) {
  const layer = layers.at(-1);
  return (
    <nav class="crumbs" aria-label="Layers">
      {layers.map(({ path }, depth) => (
        <button
          type="button"
          key={path.join("/")}
          aria-current={depth === layers.length - 1}
          onClick={() => onBack(depth)}
        >
          {path.at(-1)}
        </button>
      ))}
      <span class="what">
        {layer?.inspection.format}, {grouped(layer?.bytes.length ?? 0)} bytes
      </span>
    </nav>
  );
}

/** The chosen byte: the field that it belongs to, with value, meaning and source, and the part around it. */
function Inspector({ layer, at }: { readonly layer: OpenedLayer; readonly at: number }) {
  const { field, part } = placeOf(layer, at);
  const rows: readonly (readonly [string, string])[] = [
    ["offset", `${hex(at)} (${grouped(at)})`],
    ["byte", byteText(layer.bytes[at] ?? 0)],
    ...(part === undefined
      ? []
      : ([
          ["part", part.name],
          ["in part", `${hex(at - part.offset)} of ${grouped(part.size)}`],
        ] as const)),
    ...(field === undefined
      ? []
      : ([
          ["field", `${field.group}: ${field.name}`],
          ["value", field.value],
          ["meaning", field.meaning],
          ["source", field.source],
        ] as const)),
  ];
  const facts = layer.inspection.fields.slice(0, 200);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="inspector" aria-label="Chosen byte" tabIndex={0}>
      <h2>Chosen byte</h2>
      <dl aria-live="polite">
        {rows.map(([term, text]) => (
          <Pair key={term} term={term} text={text} />
        ))}
      </dl>
      <h2>File</h2>
      <dl>
        {facts.map(({ name, value }) => (
          <Pair key={name} term={name} text={String(value)} />
        ))}
      </dl>
    </section>
  );
}

function Pair({ term, text }: { readonly term: string; readonly text: string }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </>
  );
}
