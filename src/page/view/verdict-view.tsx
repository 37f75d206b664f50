import { useMemo, useState } from "preact/hooks";
import type { PageColumn, PageRow, PageRun, PageTable } from "#page/data.ts";
import { filterRows, sortRows } from "#page/model/table.ts";
import { VirtualList } from "./virtual-list.tsx";

type Props = { readonly tables: readonly PageTable[]; readonly onRun: (run: PageRun) => void };

/** Results of any command, to filter and to sort; a row opens the run that it tells of. */
export function VerdictView({ tables, onRun }: Props) {
  if (tables.length === 0)
    return <p class="empty">No results: verify --html and others write a page with them.</p>;
  return (
    <div class="verdicts">
      {tables.map((table) => (
        <VerdictTable key={table.title} table={table} onRun={onRun} />
      ))}
    </div>
  );
}

function VerdictTable({ table, onRun }: { readonly table: PageTable; readonly onRun: Props["onRun"] }) {
  const [words, setWords] = useState("");
  const [[column, down], setOrder] = useState<readonly [number | undefined, boolean]>([undefined, false]);
  const rows = useMemo(
    () => sortRows(filterRows(table.rows, words), column, down),
    [table, words, column, down],
  );
  const sort = (n: number) => setOrder([n, column === n ? !down : false]);
  return (
    <section class="verdict-table" aria-label={table.title}>
      <h2>{table.title}</h2>
      <p>{table.note}</p>
      <label>
        filter <input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
      </label>{" "}
      <output aria-live="polite">
        {rows.length} of {table.rows.length}
      </output>
      <div class="head">
        {table.columns.map(({ label, kind }, n) => (
          <button type="button" key={label} class={kind} onClick={() => sort(n)}>
            {label} {column === n ? (down ? "▼" : "▲") : ""}
          </button>
        ))}
      </div>
      <VirtualList
        rows={rows.length}
        height={24}
        label={`Rows of ${table.title}`}
        class="rows"
        show={undefined}
        render={(n) => {
          const row = rows[n];
          return row && <Row key={n} row={row} columns={table.columns} onRun={onRun} />;
        }}
      />
    </section>
  );
}

function Row({
  row,
  columns,
  onRun,
}: {
  readonly row: PageRow;
  readonly columns: readonly PageColumn[];
  readonly onRun: Props["onRun"];
}) {
  const { run } = row;
  const cells = columns.map(({ label, kind }, i) => {
    const cell = row.cells[i] ?? null;
    if (kind === "verdict")
      return (
        <span key={label} class={`verdict ${cell === true ? "good" : "bad"}`}>
          {cell === true ? "✓ good" : "✕ not good"}
        </span>
      );
    return (
      <span key={label} class={kind} title={String(cell ?? "")}>
        {cell === null ? "" : String(cell)}
      </span>
    );
  });
  return run === null ? (
    <div class="row">{cells}</div>
  ) : (
    <button type="button" class="row" onClick={() => onRun(run)}>
      {cells}
    </button>
  );
}
