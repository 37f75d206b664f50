import { describe, expect, it } from "vitest";
import { refusalReason, verifierStatistics } from "#guest/verifier-log.ts";

const STATISTICS = `verification time 654368 usec
stack depth 32+16
processed 12621 insns (limit 1000000) max_states_per_insn 36 total_states 916 peak_states 201 mark_read 61
`;

describe("the verifier's log", () => {
  it("has statistics at its end", () => {
    expect(verifierStatistics(`0: (b7) r0 = 0\n${STATISTICS}`)).toEqual({
      ...{ instructions: 12621, totalStates: 916, peakStates: 201, stackDepth: "32+16" },
    });
    expect(verifierStatistics("")).toBeUndefined();
  });

  it.each([
    ["6.12", "stack depth 64", ""],
    ["7.2", "stack depth 64 max 64", "insns processed 13909\n"],
    ["7.3", "stack depth max 64", "subprog 0 (parse_pe) main insns_self 13909 insns_total 13909 stack 64\n"],
  ])("has them in the words of %s", (_, stack, more) => {
    const end =
      "processed 13909 insns (limit 1000000) max_states_per_insn 37 total_states 602 peak_states 181";
    const log = `R1 is wrong\nverification time 5 usec\n${stack}\n${more}${end} mark_read 0\n`;
    expect(verifierStatistics(log)).toMatchObject({ instructions: 13909, stackDepth: "64" });
    expect(refusalReason(log)).toBe("R1 is wrong");
  });

  it("gives the reason of a refusal in the last line before them", () => {
    const log = `0: (b7) r0 = 0\n1: (79) r2 = *(u64 *)(r1 +0)\nR1 invalid mem access 'scalar'\n${STATISTICS}`;
    expect(refusalReason(log)).toBe("R1 invalid mem access 'scalar'");
    expect(refusalReason("")).toBe("");
    expect(refusalReason(STATISTICS)).toBe("");
  });
});
