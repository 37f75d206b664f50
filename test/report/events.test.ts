import { describe, expect, test } from "vitest";
import type { Event } from "#core/events.ts";
import { eventPrinter, quietLine } from "#report/events.ts";

/** Every event, with what it prints where, if anything: a kind without an entry does not compile. */
const EVENTS: {
  readonly [K in Event["kind"]]: readonly [Event & { kind: K }, quiet?: string, commands?: string];
} = {
  note: [
    { kind: "note", text: "revision v7" },
    "talk: kexec-bpf: revision v7",
    "talk: kexec-bpf: revision v7",
  ],
  warning: [
    { kind: "warning", text: "old" },
    "talk: kexec-bpf: warning: old",
    "talk: kexec-bpf: warning: old",
  ],
  step: [
    { kind: "step", label: "CLANG", output: "a.o", command: "clang -c a.c" },
    "steps:   CLANG    a.o",
    "steps: clang -c a.c",
  ],
  "tool-log": [
    { kind: "tool-log", tool: "clang", text: "a.c:1: warning\n  here\n\n" },
    "talk: a.c:1: warning\n  here",
    "talk: a.c:1: warning\n  here",
  ],
  progress: [{ kind: "progress", what: "a.img", done: 1, total: 2 }],
  "progress-end": [{ kind: "progress-end" }],
  failure: [
    { kind: "failure", failure: { reason: "usage", detail: "no" } },
    "talk: kexec-bpf: no",
    "talk: kexec-bpf: no",
  ],
  input: [{ kind: "input", file: "/a" }],
  span: [{ kind: "span", label: "GEN", name: "a", folder: "/out", began: 1, how: "ran", why: [] }],
  campaign: [
    {
      kind: "campaign",
      cases: 1,
      milliseconds: 2,
      branches: { reached: 1, all: 2 },
      queue: 0,
      findings: 0,
    },
  ],
};

describe.each(Object.entries(EVENTS))("an event of the kind %s", (_, [event, quiet, commands]) => {
  test.each([
    ["quiet", false, quiet],
    ["with commands (V=1)", true, commands],
  ])("is printed %s", (_, withCommands, expected) => {
    const lines: string[] = [];
    const printer = eventPrinter({
      name: "kexec-bpf",
      commands: withCommands,
      steps: (line) => lines.push(`steps: ${line}`),
      talk: (line) => lines.push(`talk: ${line}`),
    });
    printer(event);
    expect(lines).toEqual(expected === undefined ? [] : [expected]);
  });
});

test.each([
  ["CLANG", "zboot_parser_bpf.o", "  CLANG    zboot_parser_bpf.o"],
  ["GEN", "vmlinux.h", "  GEN      vmlinux.h"],
  ["EIGHTEEN", "x", "  EIGHTEEN x"],
  ["NINE CHAR", "x", "  NINE CHAR x"],
])("a quiet line for %s is the kernel's", (label, output, line) =>
  expect(quietLine(label, output)).toBe(line),
);
