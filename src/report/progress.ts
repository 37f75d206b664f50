import { formatSize } from "#core/sizes.ts";
import type { Io } from "./io.ts";
import { EMPTY_LINE } from "./visible.ts";

/** Below this many bytes the work is done before a bar could be read. */
const SHOWN_FROM = 64 * 1024 * 1024;
/** Milliseconds between two drawings. */
const PAUSE = 100;
const CELLS = 30;

export type Progress = {
  readonly update: (done: number, total: number) => void;
  /** Takes the bar away. */
  readonly end: () => void;
};

/** Draws the bar for the time that `work` takes. */
export async function drawingProgress<T>(
  io: Io,
  work: (update: Progress["update"]) => Promise<T>,
): Promise<T> {
  const { update, end } = progressBar(io);
  try {
    return await work(update);
  } finally {
    end();
  }
}

/** A bar on stderr for large files, where stderr is a terminal. */
export function progressBar(io: Io, now: () => number = () => performance.now()): Progress {
  let drawn: number | undefined;
  return {
    update: (done, total) => {
      // Whether stderr is a terminal is asked last: that takes two milliseconds.
      if (total <= SHOWN_FROM || (drawn !== undefined && now() - drawn < PAUSE)) return;
      if (!io.terminal.stderr) return;
      drawn = now();
      const full = Math.floor((done / total) * CELLS);
      const bar = `${"#".repeat(full)}${".".repeat(CELLS - full)}`;
      io.stderr(`${EMPTY_LINE}[${bar}] ${formatSize(done)} of ${formatSize(total)}`);
    },
    end: () => {
      if (drawn !== undefined) io.stderr(EMPTY_LINE);
    },
  };
}
