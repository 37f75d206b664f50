import { describe, expect, it } from "vitest";
import type { Command } from "#abi/command.ts";
import { headerLayout } from "#abi/header-layout.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import type { RunOutcome } from "#bpf-vm/run-program.ts";
import { ok } from "#core/result.ts";
import type { CrosscheckPlan, PlannedCase } from "#crosscheck/plan.ts";
import type { ProgramUnderTest } from "#crosscheck/subject.ts";
import { compareWithPlan, diffBuffers } from "#crosscheck/verdict.ts";
import type { GuestReport } from "#guest/guest.ts";
import type { GuestBuffer, GuestOutcome, LoadReport } from "#guest/reports.ts";
import { encodeCommand } from "../support/command-encoder.ts";
import { expectValue } from "../support/expect-value.ts";

/** COPY/KERNEL of v7 with these bytes: the command, and the buffer. */
function command(text: string): Command {
  return { command: "COPY", subcommand: "KERNEL", pipeline: undefined, payload: Buffer.from(text) };
}

function copy(text: string, accepted = true): GuestBuffer {
  const bytes = expectValue(encodeCommand(command(text), headerLayout("v7")));
  return { bytes: bytes, accepted };
}

const VM: RunOutcome = {
  ...{ result: 0n, fault: undefined, leaks: [], trace: [], executed: 1, coverage: new Uint8Array(1) },
  ...{ calls: { reserves: 0, probes: 0, buffers: 0 }, lastPrintk: undefined, strayReads: [], rings: [] },
  buffers: [{ ...copy("abc"), instruction: 1 }],
};

const GOOD: GuestOutcome = {
  ...{ error: 0, buffers: [copy("abc")], trace: [], references: 0, records: 0, calls: 1, faults: 0 },
};

const LOADED: LoadReport = {
  ...{ error: 0, problem: "", translated: 8, jited: 8 },
  log: "stack depth 8\nprocessed 9 insns (limit 1) max_states_per_insn 0 total_states 3 peak_states 2 mark_read 1\n",
};

/** One parser, one image, one case. */
function judged(
  outcome: GuestOutcome | undefined,
  changes: {
    load?: LoadReport;
    expected?: PlannedCase["expected"];
    denied?: Injection;
    vm?: Partial<RunOutcome>;
    report?: Partial<GuestReport>;
    own?: CrosscheckPlan["own"];
  } = {},
) {
  const planned: PlannedCase = {
    ...{ name: "image", subject: 0, image: 0, injection: {}, vm: { ...VM, ...changes.vm } },
    ...{ expected: changes.expected ?? ok([command("abc")]), denied: changes.denied },
  };
  const subject = { name: "a.bpf .bpf.1", reference: "zboot" } as ProgramUnderTest;
  const plan: CrosscheckPlan = {
    revision: "v7",
    own: changes.own,
    cases: [planned],
    subjects: [subject],
    images: [{ name: "image", bytes: new Uint8Array(1) }],
  };
  const report: GuestReport = {
    ...{ release: "6.12", boots: 1, crashes: [], trouble: [], console: "" },
    loads: new Map([[0, changes.load ?? LOADED]]),
    outcomes: new Map(outcome === undefined ? [] : [[0, outcome]]),
    ...changes.report,
  };
  const verdict = compareWithPlan(plan, report);
  return { passed: verdict.passed, subject: verdict.subjects[0] };
}

const findings = (...args: Parameters<typeof judged>) => {
  const { passed, subject } = judged(...args);
  return [passed, ...(subject?.findings ?? []).map(({ what, detail }) => `${what}: ${detail}`)];
};

describe("the verdict", () => {
  it("is good where kernel, VM and reference agree and nothing is left", () => {
    expect(judged(GOOD)).toMatchObject({
      passed: true,
      subject: { cases: 1, asVm: 1, asReference: 1, findings: [], commands: [1] },
    });
    expect(judged(GOOD).subject?.load).toMatchObject({ ok: true, statistics: { instructions: 9 } });
  });

  it("names the witness that the kernel disagrees with, and where", () => {
    const other = { ...GOOD, buffers: [copy("abd")] };
    expect(judged(other).subject).toMatchObject({ asVm: 0, asReference: 0 });
    expect(findings(GOOD, { expected: ok([command("abd")]) })).toEqual([
      false,
      "reference: command 0, payload: kernel 3 bytes, here 3 bytes, first difference at byte 2",
    ]);
    expect(findings(GOOD, { expected: ok([]) })).toEqual([
      false,
      "reference: command 0, command: kernel COPY/KERNEL, here nothing",
    ]);
    expect(findings(GOOD, { vm: { buffers: [] } })).toEqual([
      false,
      "VM: command 0, command: kernel COPY/KERNEL, here nothing",
    ]);
  });

  it("takes nothing, but not a part, from a parser that was denied something", () => {
    const nothing = { ...GOOD, buffers: [] };
    const vm = { buffers: [] };
    expect(findings(nothing, { vm, denied: { noContext: true } })).toEqual([true]);
    expect(findings(nothing, { vm })).toEqual([
      false,
      "reference: command 0, command: kernel nothing, here COPY/KERNEL",
    ]);
    const expected = ok([command("abc"), command("d")]);
    expect(findings(GOOD, { expected, denied: { refuseBuffer: 1 } })).toEqual([true]);
    expect(findings(GOOD, { expected, denied: { failReserve: 1 } })).toEqual([
      false,
      "reference: command 1, command: kernel nothing, here COPY/KERNEL",
    ]);
  });

  it("is bad where the kernel got what is no command", () => {
    const buffers = [{ bytes: Buffer.from("x"), accepted: true }];
    const vm = { buffers: [{ bytes: Buffer.from("x"), accepted: true, instruction: 1 }] };
    expect(findings({ ...GOOD, buffers }, { vm })).toEqual([
      false,
      "reference: command 0, buffer: kernel 1 bytes, here a command",
    ]);
  });

  it.each([
    [{ trace: ["no"] }, "VM's trace: kernel: no | VM: "],
    [{ references: 1 }, "left over: 1 parser contexts"],
    [{ records: 2 }, "left over: 2 ring-buffer records"],
    [{ faults: 1 }, "fault: 1 buffers that are too short or not readable"],
    [{ error: 12 }, "fault: the testbed could not run it: errno 12"],
  ])("is bad for %j alone", (change, words) => {
    expect(findings({ ...GOOD, ...change })).toEqual([false, words]);
  });

  it("gives the reason of a refusal and finds nothing in cases that could not run", () => {
    const load = {
      ...LOADED,
      error: 13,
      problem: "load",
      log: "0: r0 = 0\nR1 invalid mem access 'scalar'\n",
    };
    const { passed, subject } = judged(undefined, { load });
    expect(passed).toBe(false);
    expect(subject).toMatchObject({ cases: 0, findings: [] });
    expect(subject?.load).toMatchObject({ ok: false, error: 13, reason: "R1 invalid mem access 'scalar'" });
    expect(judged(undefined, { load: { ...load, log: "" } }).subject?.load).toMatchObject({ reason: "load" });
  });

  it("takes the answer of a kernel's own kexec_file_load() for what it is", () => {
    const own = { target: 1 };
    expect(judged({ ...GOOD, error: 8 }, { own })).toMatchObject({ passed: true, subject: { kexec: [8] } });
    expect(judged(GOOD).subject?.kexec).toEqual([undefined]);
  });

  it("is bad where the kernel fell or complained, but not for a boot that never came to the agent", () => {
    const crash = { boot: 1, detail: "", subject: 0, case: 0, console: "" };
    expect(judged(undefined, { report: { crashes: [crash] } })).toMatchObject({
      passed: false,
      subject: { findings: [{ what: "crash" }] },
    });
    expect(judged(GOOD, { report: { trouble: ["WARNING: x"] } }).passed).toBe(false);
    const early = { ...crash, subject: undefined, case: undefined };
    expect(judged(GOOD, { report: { crashes: [early] } }).passed).toBe(true);
  });
});

describe("two lists of buffers", () => {
  it("differ by the kernel's answer alone", () => {
    expect(diffBuffers([copy("a", false)], [copy("a")], "v7")).toMatchObject({
      ...{ index: 0, field: "answer", a: "refused", b: "taken" },
    });
  });

  it("differ where they are no commands too", () => {
    const buffer = (text: string) => ({ bytes: Buffer.from(text), accepted: true });
    expect(diffBuffers([copy("a"), buffer("xy")], [copy("a"), buffer("xz")], "v7")).toMatchObject({
      ...{ index: 1, field: "buffer", bytes: { offset: 1 } },
    });
    expect(diffBuffers([buffer("")], [], "v7")).toMatchObject({ index: 0, a: "0 bytes", b: "nothing" });
    expect(diffBuffers([copy("a")], [copy("a")], "v7")).toBeUndefined();
  });
});
