import { type Telling, tellEvents } from "#commands/tell-events.ts";
import type { Io } from "#report/io.ts";
import { EMPTY_LINE } from "#report/visible.ts";
import { progressText } from "./text.ts";

/** How often a line is written where there is no terminal, in milliseconds. */
const LINE_EVERY = 10_000;

/** Tells of a campaign on stderr: its progress in a line that changes on a terminal, else in a line every ten seconds. */
export function tellCampaign(io: Io): Telling {
  const others = tellEvents(io);
  let next = LINE_EVERY;
  let drawn = false;
  return {
    emit: (event) => {
      if (event.kind !== "campaign") others.emit(event);
      else if (io.terminal.stderr) {
        drawn = true;
        io.stderr(`${EMPTY_LINE}${progressText(event).slice(0, io.columns - 1)}`);
      } else if (event.milliseconds >= next) {
        next = event.milliseconds + LINE_EVERY;
        io.stderr(`${progressText(event)}\n`);
      }
    },
    end: () => {
      if (drawn) io.stderr(EMPTY_LINE);
    },
  };
}
