import type { Inner, OpenedLayer } from "#page/model/layer.ts";
import { grouped, hex } from "#page/model/size.ts";
import { VirtualList } from "./virtual-list.tsx";

type Props = {
  readonly layer: OpenedLayer;
  readonly at: number;
  readonly onAt: (at: number) => void;
  readonly onOpen: (inner: Inner) => void;
};

type TreeRow = {
  readonly level: 1 | 2;
  readonly name: string;
  readonly told: string;
  readonly offset: number | undefined;
  readonly size: number;
  readonly inner: Inner | undefined;
  readonly odd?: true;
};

/** Refusals of the user's own format, oddities, layers that can be opened, parts and header fields, as rows. */
function rowsOf({ inspection, fields, inner, refusals }: OpenedLayer): readonly TreeRow[] {
  const nothing = { offset: undefined, size: 0, inner: undefined, told: "" };
  const odd = inspection.warnings.map((name) => ({
    ...nothing,
    level: 2 as const,
    name,
    odd: true as const,
  }));
  const head = (name: string): TreeRow => ({ ...nothing, level: 1, name });
  return [
    ...(refusals.length === 0 ? [] : [head("Not taken")]),
    ...refusals.map(({ text, offset }) => ({
      ...{ ...nothing, level: 2 as const, name: text, offset, odd: true as const },
      told: offset === undefined ? "" : hex(offset),
    })),
    ...(odd.length === 0 ? [] : [head("Oddities"), ...odd]),
    ...(inner.length === 0 ? [] : [head("Layers inside")]),
    ...inner.map((one) => ({
      ...{ level: 2 as const, name: one.name, offset: one.offset, size: one.size, inner: one },
      told: one.codec === undefined ? "open" : `unpack ${one.codec}`,
    })),
    head("Parts"),
    ...inspection.parts.map(({ name, offset, size }) => ({
      ...{ level: 2 as const, name, offset, size, inner: undefined },
      told: `${hex(offset)}  ${grouped(size)}`,
    })),
    ...(fields.length === 0 ? [] : [head("Header fields")]),
    ...fields.map(({ group, name, offset, size, value }) => ({
      ...{ level: 2 as const, name: `${group}: ${name}`, offset, size, inner: undefined },
      told: value,
    })),
  ];
}

export function PartTree({ layer, at, onAt, onOpen }: Props) {
  const rows = rowsOf(layer);
  const choose = ({ inner, offset }: TreeRow) => {
    if (inner !== undefined) onOpen(inner);
    else if (offset !== undefined) onAt(offset);
  };
  return (
    <VirtualList
      rows={rows.length}
      height={22}
      label="Parts and fields"
      class="tree"
      show={undefined}
      render={(n) => {
        const row = rows[n];
        if (row === undefined) return null;
        if (row.level === 1) return <h2 key={n}>{row.name}</h2>;
        if (row.offset === undefined)
          return (
            <div key={n} class="row odd" title={row.name}>
              ⚠ {row.name}
            </div>
          );
        const here = row.offset <= at && at < row.offset + row.size;
        return (
          <button
            type="button"
            key={n}
            class={row.odd ? "row odd" : "row"}
            aria-current={here}
            title={row.name}
            onClick={() => choose(row)}
          >
            <span class="name">{`${row.odd ? "⚠ " : row.inner === undefined ? "" : "▸ "}${row.name}`}</span>
            <span class="mono told">{row.told}</span>
          </button>
        );
      }}
    />
  );
}
