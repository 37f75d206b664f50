import { describe, expect, it } from "vitest";
import { decodeReports } from "#guest/reports.ts";
import { judgeSecondBoot, secondBootText } from "#guest/second-kernel.ts";
import { failureText } from "#report/failure-text.ts";
import { expectValue } from "../support/expect-value.ts";
import { agentReport, begin, buffer, end, joined, loaded, START } from "./agent-reports.ts";

const LAYERS = [[".bpf.1"], [".bpf.nested/.bpf.1"]];
const COMMAND = Buffer.from("command");
const MARK = "kexec-agent: starting the second kernel\r\n";

const started = (cmdline: string) => agentReport(10, 0, Buffer.from(cmdline));
const trouble = (why: string) => agentReport(9, 0, Buffer.from(why));

/** Two layers that ran: two commands, one command. */
const RAN = joined(
  ...[START, loaded(0), begin(0), buffer(0, COMMAND), buffer(0, COMMAND), end(0)],
  ...[loaded(1), begin(1), buffer(1, COMMAND), end(1)],
);

/** Judges what a guest has reported and written. */
function judged(reports: Uint8Array, console = "", expected?: string) {
  const decoded = expectValue(decodeReports(reports));
  return judgeSecondBoot(
    { layers: LAYERS, expected },
    { reports: decoded, console, ended: "the machine stopped" },
  );
}

/** The first line of what is said of it. */
function complaint(...words: Parameters<typeof judged>): string {
  const result = judged(...words);
  return result.ok ? "it passes" : (failureText(result.failure).split("\n")[0] ?? "");
}

describe("the second kernel", () => {
  it("is asked for layer by layer, each with all of its parsers", () => {
    const layers = [[".bpf.1", ".bpf.2"], [".bpf.nested/.bpf.1"]];
    expect(secondBootText({ layers, revision: "v7", image: COMMAND }).split("\n")).toEqual([
      ...["module /testbed.ko", "log 4", "carry-out 7", "image /image/0"],
      ...["subject 0 /container/0 .bpf.1", "case 0 0 0 -1", "subject 1 /container/0 .bpf.2", "case 1 0 0 -1"],
      ...["next-layer", "subject 2 /container/0 .bpf.nested/.bpf.1", "case 2 0 0 -1", "boot", ""],
    ]);
  });

  it("is asked of the kernel's own loader where that has v7, by container and image", () => {
    const own = { target: 77 };
    expect(secondBootText({ layers: LAYERS, revision: "v7", own, image: COMMAND })).toBe(
      "recorder 77 65550 7\nboot-by-kernel /container/0 /image/0\n",
    );
    const reports = expectValue(
      decodeReports(joined(START, begin(0), buffer(0, COMMAND), end(0), started("token=1"))),
    );
    const console = `${MARK}token=1\r\n`;
    const boot = { reports: reports, console, ended: "the machine stopped" };
    expect(judgeSecondBoot({ layers: LAYERS, expected: undefined, own }, boot)).toMatchObject({
      value: { parsers: [{ path: "kexec_file_load()", commands: 1 }], cmdline: "token=1" },
    });
  });

  it("passes where its console shows its command line, and the report tells of the parsers", () => {
    const console = `first\r\n${MARK}[0.1] second\r\ninit: token=1\r\n`;
    expect(judged(joined(RAN, started("token=1\n")), console)).toEqual({
      ok: true,
      value: {
        release: "6.12.0-test",
        parsers: [
          { path: ".bpf.1", commands: 2 },
          { path: ".bpf.nested/.bpf.1", commands: 1 },
        ],
        cmdline: "token=1\n",
        expected: "token=1",
        secondConsole: "[0.1] second\r\ninit: token=1\r\n",
        console,
      },
    });
  });

  it.each([
    ["shows another text", `${MARK}token=2\r\n`, 'its console does not show "token=1" (the machine stopped)'],
    [
      "panics before",
      `${MARK}[1.0] Kernel panic - not syncing: no init\r\n`,
      'its console does not show "token=1" ([1.0] Kernel panic - not syncing: no init)',
    ],
    [
      "shows it before it starts",
      `token=1\r\n${MARK}`,
      'its console does not show "token=1" (the machine stopped)',
    ],
    [
      "shows it after a kernel in trouble",
      `[1.0] WARNING: CPU: 0\r\n${MARK}token=1\r\n`,
      "the first one says: [1.0] WARNING: CPU: 0",
    ],
  ])("fails where it %s", (_, console, why) => {
    const words = [joined(RAN, started("quiet token=1")), console, "token=1"] as const;
    expect(complaint(...words)).toBe(`the second kernel is not as it should be: ${why}`);
  });

  it("fails with the verifier's words where a parser was not loaded", () => {
    const log = "R1 invalid mem access 'scalar'\nprocessed 7 insns\n";
    const reports = joined(START, loaded(0, 13, "load", log), trouble("layer 1: no parser takes the image"));
    const result = judged(reports);
    expect(result.ok ? undefined : failureText(result.failure)).toBe(
      ".bpf.1: the program cannot be loaded: load: R1 invalid mem access 'scalar'\n  R1 invalid mem access 'scalar'\n  processed 7 insns",
    );
  });

  it.each([
    ["the agent's words", joined(RAN, trouble("the parsers made no initrd")), "the parsers made no initrd"],
    ["its end, where the agent says nothing", RAN, "the machine stopped"],
  ])("fails with %s where it was not started", (_, reports, why) => {
    expect(complaint(reports)).toBe(`the guest failed: ${why}`);
  });
});
