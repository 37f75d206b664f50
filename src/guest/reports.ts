import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";

/** How the kernel took a parser. */
export type LoadReport = {
  /** A positive errno, 0 where the parser is loaded and attached. */
  readonly error: number;
  /** What failed: `load`, `attach`, …; empty for nothing. */
  readonly problem: string;
  /** Bytes of the program as the kernel rewrote it, and of its machine code (0: no JIT). */
  readonly translated: number;
  readonly jited: number;
  /** The verifier's log, whole. */
  readonly log: string;
};

/** A call of `bpf_buffer_parser`. */
export type GuestBuffer = { readonly bytes: Uint8Array; readonly accepted: boolean };

/** What came of a case. */
export type GuestOutcome = {
  /** A positive errno where the testbed could not run it, else 0. */
  readonly error: number;
  readonly buffers: readonly GuestBuffer[];
  /** A line a printk. */
  readonly trace: readonly string[];
  /** Parser contexts not put, ring-buffer records neither submitted nor discarded. */
  readonly references: number;
  readonly records: number;
  /** Calls of `bpf_buffer_parser`; how many the testbed could not take: a buffer too short or not readable. */
  readonly calls: number;
  readonly faults: number;
};

/** What one boot had to say. */
export type GuestReports = {
  /** The kernel's release. Undefined where the agent never started. */
  readonly release: string | undefined;
  readonly loads: ReadonlyMap<number, LoadReport>;
  readonly outcomes: ReadonlyMap<number, GuestOutcome>;
  /** The case that had begun and not ended. */
  readonly unfinished: number | undefined;
  /** `/proc/sys/kernel/tainted`; undefined where the guest did not come to its end. */
  readonly tainted: number | undefined;
  /** Why the agent gave up. */
  readonly trouble: string | undefined;
  /** The command line of the second kernel that was about to start. */
  readonly secondKernel: string | undefined;
};

/** enum report_kind of bpf/agent/agent.h. */
const KIND = {
  start: 1,
  loaded: 2,
  begin: 3,
  buffer: 4,
  sameBuffer: 5,
  trace: 6,
  end: 7,
  finish: 8,
  trouble: 9,
  secondKernel: 10,
} as const;

const HEAD = 12;
const CALL = 8;
const LOAD = 12;
const MARK = "bpf_trace_printk: ";

/**
 * Reads what the agent sent (bpf/agent/agent.h has the layout). A report that is cut short, as that of
 * a guest which fell, is the end. Fails (`malformed`) on what no agent sends.
 */
export function decodeReports(bytes: Uint8Array): Result<GuestReports, Malformed> {
  return decoding(() => {
    const reader = new ByteReader(bytes, { format: "agent", section: "reports" });
    const state = new State();
    for (let at = 0; at + HEAD <= reader.length; ) {
      const size = reader.u32(at + 8);
      if (size > reader.length - at - HEAD) break;
      const kind = reader.u32(at);
      state.take(kind, reader.u32(at + 4), reader.part(`report ${kind}`, at + HEAD, size));
      at += HEAD + size;
    }
    return state.reports();
  });
}

type Open = { buffers: GuestBuffer[]; trace: string };

class State {
  #release: string | undefined;
  #tainted: number | undefined;
  #trouble: string | undefined;
  #unfinished: number | undefined;
  #secondKernel: string | undefined;
  readonly #loads = new Map<number, LoadReport>();
  readonly #outcomes = new Map<number, GuestOutcome>();
  readonly #buffers: Uint8Array[] = [];
  #open: Open = { buffers: [], trace: "" };

  take(kind: number, id: number, payload: ByteReader): void {
    switch (kind) {
      case KIND.start:
        this.#release = latin1(payload.bytes);
        break;
      case KIND.loaded:
        this.#loads.set(id, loadReport(payload));
        break;
      case KIND.begin:
        this.#unfinished = id;
        this.#open = { buffers: [], trace: "" };
        break;
      case KIND.buffer:
        this.#buffers.push(payload.slice(CALL, payload.length - CALL));
        this.#add(payload, this.#buffers.length - 1);
        break;
      case KIND.sameBuffer:
        this.#add(payload, payload.u32(CALL));
        break;
      case KIND.trace:
        this.#open.trace += latin1(payload.bytes);
        break;
      case KIND.end:
        this.#outcomes.set(id, outcome(payload, this.#open));
        this.#unfinished = undefined;
        break;
      case KIND.finish:
        this.#tainted = Number(latin1(payload.bytes));
        break;
      case KIND.trouble:
        this.#trouble = latin1(payload.bytes);
        break;
      case KIND.secondKernel:
        this.#secondKernel = latin1(payload.bytes);
        break;
      default:
        payload.fail(0, "no such report");
    }
  }

  /** @param number of the buffer, which an earlier report may have brought */
  #add(payload: ByteReader, number: number): void {
    const bytes = this.#buffers[number];
    if (bytes?.length !== payload.u32(0)) payload.fail(0, `no buffer ${number}`);
    this.#open.buffers.push({ bytes: bytes ?? payload.bytes, accepted: payload.i32(4) === 0 });
  }

  reports(): GuestReports {
    return {
      release: this.#release,
      loads: this.#loads,
      outcomes: this.#outcomes,
      unfinished: this.#unfinished,
      tainted: this.#tainted,
      trouble: this.#trouble,
      secondKernel: this.#secondKernel,
    };
  }
}

function loadReport(payload: ByteReader): LoadReport {
  const problem = payload.cString(LOAD);
  return {
    error: payload.i32(0),
    problem,
    translated: payload.u32(4),
    jited: payload.u32(8),
    log: latin1(payload.bytes.subarray(LOAD + problem.length + 1)),
  };
}

function outcome(payload: ByteReader, open: Open): GuestOutcome {
  return {
    error: payload.i32(0),
    references: payload.i32(4),
    records: payload.u32(8),
    calls: payload.u32(12),
    faults: payload.u32(16),
    buffers: open.buffers,
    // `init-1  [000] ...21  0.123456: bpf_trace_printk: what the program said`
    trace: open.trace.split("\n").flatMap((line) => {
      const mark = line.indexOf(MARK);
      return mark < 0 ? [] : [line.slice(mark + MARK.length)];
    }),
  };
}
