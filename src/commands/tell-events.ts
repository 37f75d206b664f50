import type { Event, EventSink } from "#core/events.ts";
import { eventPrinter } from "#report/events.ts";
import type { Io } from "#report/io.ts";
import { progressLine } from "#report/progress-line.ts";

export type Telling = {
  readonly emit: EventSink;
  /** Takes the line of progress away. */
  readonly end: () => void;
};

type ProgressEvent = Extract<Event, { readonly kind: "progress" }>;

/**
 * Tells on stderr what happens meanwhile: a line each, and how far the work is in a line that is written over.
 *
 * @param words of progress
 */
export function tellEvents(io: Io, words: (progress: ProgressEvent) => string = plainWords): Telling {
  const say = (line: string) => io.stderr(`${line}\n`);
  const print = eventPrinter({ name: "kexec-bpf", commands: false, steps: say, talk: say });
  const line = progressLine(io);
  return {
    emit: (event) => {
      if (event.kind === "progress") {
        line.show(words(event));
        return;
      }
      line.clear();
      print(event);
    },
    end: line.clear,
  };
}

function plainWords({ what, done, total }: ProgressEvent): string {
  return `${what}: ${done} of ${total}`;
}
