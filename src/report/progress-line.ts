import type { Io } from "./io.ts";
import { EMPTY_LINE } from "./visible.ts";

/** Milliseconds between two states of the line, and before the first: short work shows none. */
const INTERVAL = 100;

export type ProgressLine = {
  /** Shows the text in place of the last one, where it is time for that. Says whether it was. */
  readonly show: (text: string) => boolean;
  readonly clear: () => void;
};

/** One line on stderr that is written over, on a terminal only. `show` keeps time wherever it is. */
export function progressLine({ stderr, terminal, columns }: Io): ProgressLine {
  let last = Date.now();
  let shown = false;
  return {
    show: (text) => {
      const now = Date.now();
      if (now - last < INTERVAL) return false;
      last = now;
      if (terminal.stderr) {
        stderr(`${EMPTY_LINE}${text.slice(0, columns - 1)}`);
        shown = true;
      }
      return true;
    },
    clear: () => {
      if (shown) stderr(EMPTY_LINE);
      shown = false;
    },
  };
}
