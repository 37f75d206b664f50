import { useEffect, useRef, useState } from "preact/hooks";

/** A line of a tree that may be long; `level` is from 1. */
export type TreeItem = {
  readonly key: string;
  readonly level: number;
  readonly text: string;
  readonly value: string;
  readonly title: string;
  readonly offset: number;
  readonly size: number;
};

type Props = {
  readonly label: string;
  readonly items: readonly TreeItem[];
  readonly current: number;
  readonly choose: (item: TreeItem) => void;
};

const LINE = 20;
const HEIGHT = 420;

/** Draws the lines in sight; arrow keys walk through all. */
export function Tree({ label, items, current, choose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (element === null || current < 0) return;
    const y = current * LINE;
    if (y < element.scrollTop || y > element.scrollTop + element.clientHeight - LINE)
      element.scrollTop = y - 3 * LINE;
  }, [current]);
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
    const item = step && items[Math.max(0, Math.min(items.length - 1, current + step))];
    if (!item) return;
    event.preventDefault();
    choose(item);
  };
  const first = Math.max(0, Math.floor(top / LINE) - 2);
  const seen = items.slice(first, first + HEIGHT / LINE + 6);
  return (
    <div
      class="tree scroll"
      style={{ maxHeight: `${HEIGHT}px` }}
      ref={box}
      role="tree"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={current < 0 ? undefined : `${label}-${current}`}
      onKeyDown={key}
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
    >
      <div role="none" style={{ height: `${first * LINE}px` }} />
      {seen.map((item, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the keys are the tree's
        <div
          key={item.key}
          id={`${label}-${first + i}`}
          role="treeitem"
          aria-level={item.level}
          aria-selected={first + i === current}
          class={first + i === current ? "item current" : "item"}
          title={item.title}
          onClick={() => choose(item)}
        >
          <span style={{ paddingLeft: `${(item.level - 1) * 14}px` }}>{item.text}</span>
          <span class="dim">{item.value}</span>
        </div>
      ))}
      <div role="none" style={{ height: `${Math.max(0, items.length - first - seen.length) * LINE}px` }} />
    </div>
  );
}
