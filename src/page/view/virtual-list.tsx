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
  const [visible, setVisible] = useState(40);
  const tall = Math.min(TALLEST, rows * height);
  const scale = Math.max(1, rows * height - visible * height) / Math.max(1, tall - visible * height);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setVisible(Math.max(1, Math.floor(element.clientHeight / height)));
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
    setTop(Math.max(0, Math.min(rows - 1, Math.floor((at * scale) / height))));
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
        <div class="list-rows" role="presentation" style={{ top: `${(first * height) / scale}px` }}>
          {Array.from({ length: count }, (_, i) => render(first + i))}
        </div>
      </div>
    </div>
  );
}
