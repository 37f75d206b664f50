import { basename } from "node:path";
import type { Context } from "#api/context.ts";
import type { Event, EventSink } from "#core/events.ts";
import type { Result } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";

type Span = Extract<Event, { readonly kind: "span" }> & { readonly ended: number };

/**
 * What ran when, and why, in the format that Chrome's and Perfetto's viewers read (the Trace Event Format's complete events: times
 * in microseconds). Work that overlaps is in rows of its own.
 */
export class ChromeTrace {
  readonly #spans: Span[] = [];

  /** Listens to events that go to `emit`. */
  listening(emit: EventSink): EventSink {
    return (event) => {
      if (event.kind === "span") this.#spans.push({ ...event, ended: performance.now() });
      emit(event);
    };
  }

  /** Errors: those of `deliver`. */
  write(file: string, { signal }: Pick<Context, "signal">): Promise<Result<void>> {
    return deliver(file, `${JSON.stringify(traceOf(this.#spans))}\n`, signal);
  }
}

function traceOf(spans: readonly Span[]): unknown {
  const sorted = [...spans].sort((a, b) => a.began - b.began);
  const start = sorted[0]?.began ?? 0;
  /** When the last work of each row ended. */
  const rows: number[] = [];
  const events = sorted.map(({ label, name, folder, began, ended, how, why }) => {
    const free = rows.findIndex((end) => end <= began);
    const row = free < 0 ? rows.length : free;
    rows[row] = ended;
    return {
      name: `${label} ${basename(folder)}/${name}`,
      cat: how,
      ph: "X",
      ts: Math.round(1000 * (began - start)),
      dur: Math.round(1000 * (ended - began)),
      pid: 1,
      tid: row + 1,
      args: { folder, how, why },
    };
  });
  const named = { name: "process_name", ph: "M", pid: 1, tid: 0, args: { name: "kexec-bpf" } };
  return { displayTimeUnit: "ms", traceEvents: [named, ...events] };
}
