import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** No browser lays out more than some thirty million pixels: longer lists scroll in proportion. */
const TALLEST = 8_000_000;

type Props = {
  readonly rows: number;
  /** Pixels. */
  readonly height: number;
  readonly label: string;
  readonly class?: string;
  readonly role?: "tree" | "list" | "grid" | "region";
  /** A row that is to be seen. */
  readonly show: number | undefined;
  readonly render: (row: number) => ComponentChildren;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onClick?: (event: MouseEvent) => void;
};

/** A list of any length, of which only the rows in sight are there. */
export function VirtualList({ rows, height, label, role = "region", show, render, ...rest }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  /** Pixels in sight. */
  const [view, setView] = useState(40 * height);
  const visible = Math.max(1, Math.floor(view / height));
  const tall = Math.min(TALLEST, rows * height);
  const scale = Math.max(1, rows * height - view) / Math.max(1, tall - view);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setView(Math.max(height, element.clientHeight));
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    measure();
    return () => watch.disconnect();
  }, [height]);
  useEffect(() => {
    if (show === undefined || box.current === null) return;
    if (show >= top && show < top + visible - 1) return;
    const wanted = Math.max(0, Math.min(rows - visible, show - Math.floor(visible / 3)));
    box.current.scrollTop = (wanted * height) / scale;
    setTop(wanted);
  }, [show, rows]);
  const scrolled = () => {
    const at = box.current?.scrollTop ?? 0;
    // Where a pixel stands for many rows, the last one stands for the end.
    const end = at >= tall - view - 1 ? rows - visible : Math.floor((at * scale) / height);
    setTop(Math.max(0, Math.min(rows - visible, end)));
  };
  const first = Math.max(0, top - 4);
  const count = Math.max(0, Math.min(rows - first, visible + 10));
  return (
    <div
      ref={box}
      class={`list ${rest.class ?? ""}`}
      role={role}
      aria-label={label}
      tabIndex={0}
      onScroll={scrolled}
      onKeyDown={rest.onKeyDown}
      onClick={rest.onClick}
    >
      <div class="list-body" role="presentation" style={{ height: `${tall}px` }}>
        <div
          class="list-rows"
          role="presentation"
          style={{ top: `${(top * height) / scale - (top - first) * height}px` }}
        >
          {Array.from({ length: count }, (_, i) => render(first + i))}
        </div>
      </div>
    </div>
  );
}
