import { describe, expect, it } from "vitest";
import { decodeReports, type GuestReports } from "#guest/reports.ts";
import { expectValue } from "../support/expect-value.ts";
import { agentReport, begin, buffer, end, FINISH, joined, loaded, START, words } from "./agent-reports.ts";

const BYTES = Uint8Array.from([1, 2, 3, 4]);

function decoded(...parts: readonly Uint8Array[]): GuestReports {
  return expectValue(decodeReports(joined(...parts)));
}

describe("the agent's reports", () => {
  it("tell how a parser loaded and what a case sent", () => {
    const trace =
      "init-1 [000] ...21 1.5: bpf_trace_printk: kexec zboot: no\ninit-1 [000] ...21 1.6: sched_x\n";
    const reports = decoded(
      ...[START, loaded(0, 0, "", "processed 2 insns"), begin(7), buffer(7, BYTES), buffer(7, BYTES, -12)],
      ...[agentReport(6, 7, Buffer.from(trace)), end(7, 1, 2, 3, 4), FINISH],
    );
    expect(reports.release).toBe("6.12.0-test");
    expect(reports.loads.get(0)).toEqual({
      ...{ error: 0, problem: "", translated: 800, jited: 700, log: "processed 2 insns" },
    });
    expect(reports.outcomes.get(7)).toEqual({
      error: 0,
      buffers: [
        { bytes: BYTES, accepted: true },
        { bytes: BYTES, accepted: false },
      ],
      trace: ["kexec zboot: no"],
      ...{ references: 1, records: 2, calls: 3, faults: 4 },
    });
    expect(reports).toMatchObject({ unfinished: undefined, tainted: 4096, trouble: undefined });
  });

  it("bring a buffer that was sent before by its number", () => {
    const same = agentReport(5, 2, joined(words(4, 0), words(0)));
    const reports = decoded(START, begin(1), buffer(1, BYTES), end(1), begin(2), same, end(2));
    expect(reports.outcomes.get(2)?.buffers).toEqual([{ bytes: BYTES, accepted: true }]);
  });

  it("keep what went wrong and the verifier's log", () => {
    expect(decoded(loaded(3, 13, "load", "R1 invalid\n")).loads.get(3)).toMatchObject({
      ...{ error: 13, problem: "load", log: "R1 invalid\n" },
    });
    expect(decoded(agentReport(9, 0, Buffer.from("no module"))).trouble).toBe("no module");
  });

  it("end where the guest fell, and name the case that it fell in", () => {
    const whole = joined(START, loaded(0), begin(4), buffer(4, BYTES), end(4), begin(5), buffer(5, BYTES));
    for (let cut = 1; cut < 16; cut++) {
      const reports = decoded(whole.subarray(0, whole.length - cut));
      expect([...reports.outcomes.keys()]).toEqual([4]);
      expect(reports.unfinished).toBe(5);
      expect(reports.tainted).toBeUndefined();
    }
  });

  it.each([
    ["a report of no known kind", agentReport(77, 0)],
    ["a buffer that never came", agentReport(5, 2, joined(words(4, 0), words(9)))],
    ["an end without its counts", agentReport(7, 0, words(0))],
  ])("are refused for %s", (_, bytes) => {
    expect(decodeReports(bytes)).toMatchObject({
      ok: false,
      failure: { reason: "malformed", format: "agent" },
    });
  });
});
