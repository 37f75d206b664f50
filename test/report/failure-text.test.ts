import { describe, expect, test } from "vitest";
import type { Failure } from "#core/failure.ts";
import { EXIT, exitCode } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";

type Sample = { readonly failure: Failure; readonly text: string; readonly exit: number };

/** One sample a reason at least: a reason without one does not compile. */
const SAMPLES: { readonly [R in Failure["reason"]]: readonly (Sample & { failure: { reason: R } })[] } = {
  malformed: [
    {
      failure: {
        reason: "malformed",
        format: "ELF",
        section: "file header",
        offset: 58,
        detail: "e_shnum 3",
        file: "a.o",
      },
      text: "a.o: ELF file header, offset 0x3a: e_shnum 3",
      exit: 1,
    },
    {
      failure: { reason: "malformed", format: "PE", section: "section 3", offset: 0, detail: "cut" },
      text: "PE section 3, offset 0x0: cut",
      exit: 1,
    },
    {
      failure: {
        reason: "malformed",
        format: "Image",
        section: "header",
        offset: 56,
        detail: "no magic",
        layer: "the gzip stream at offset 0x210",
        file: "vmlinuz.efi",
      },
      text: "vmlinuz.efi: inside the gzip stream at offset 0x210: Image header, offset 0x38: no magic",
      exit: 1,
    },
  ],
  unsupported: [
    {
      failure: { reason: "unsupported", what: "lzo compression", detail: "unpack it first", file: "Image" },
      text: "Image: lzo compression is not supported: unpack it first",
      exit: 1,
    },
  ],
  "abi-mismatch": [
    {
      failure: { reason: "abi-mismatch", revision: "v7", differences: ["one", "two"], file: "vmlinux" },
      text: "vmlinux: the kernel's BTF does not agree with revision v7:\n  one\n  two",
      exit: 1,
    },
  ],
  "skeleton-mismatch": [
    {
      failure: {
        reason: "skeleton-mismatch",
        what: "maps",
        expected: ["a", "b"],
        found: ["b", "a"],
        file: "s.h",
      },
      text: "s.h: the light skeleton's maps are not those that the kernel expects\n  expected: a b\n  found:    b a",
      exit: 1,
    },
  ],
  "missing-array": [
    {
      failure: { reason: "missing-array", array: "opts_data", detail: "empty", file: "s.h" },
      text: "s.h: opts_data[]: empty",
      exit: 1,
    },
  ],
  "not-loaded": [
    {
      failure: {
        reason: "not-loaded",
        program: ".bpf.1",
        detail: "d",
        causes: ["one", "two"],
        file: "z.bpf",
      },
      text: "z.bpf: .bpf.1: the program cannot be loaded: d\n  one\n  two",
      exit: 1,
    },
    {
      failure: { reason: "not-loaded", detail: "d", causes: [] },
      text: "the program cannot be loaded: d",
      exit: 1,
    },
  ],
  "parser-misbehaved": [
    {
      failure: {
        reason: "parser-misbehaved",
        detail: "d",
        source: { file: "p.c", line: 7, text: "x = *y;" },
      },
      text: "the parser misbehaves: d\n  at p.c:7  x = *y;",
      exit: 1,
    },
    {
      failure: { reason: "parser-misbehaved", detail: "d", source: null, file: "z.bpf" },
      text: "z.bpf: the parser misbehaves: d",
      exit: 1,
    },
  ],
  "tool-missing": [
    {
      failure: {
        reason: "tool-missing",
        tool: "clang",
        tried: ["/usr/bin", "/opt"],
        remedy: "apt install clang",
      },
      text: "clang not found\n  tried: /usr/bin\n  tried: /opt\n  to mend it: apt install clang",
      exit: 3,
    },
    { failure: { reason: "tool-missing", tool: "clang", tried: [] }, text: "clang not found", exit: 3 },
  ],
  "tool-too-old": [
    {
      failure: {
        reason: "tool-too-old",
        tool: "bpftool",
        path: "/b",
        version: "7.1",
        needed: "7.2",
        remedy: "apt install",
      },
      text: "bpftool 7.1 (/b) is too old: 7.2 is needed\n  to mend it: apt install",
      exit: 3,
    },
  ],
  "tool-failed": [
    {
      failure: {
        reason: "tool-failed",
        tool: "clang",
        command: "clang -c a.c",
        ended: "exit status 1",
        log: "a.c: no\n\nend\n\n",
      },
      text: "clang failed (exit status 1): clang -c a.c\n  a.c: no\n  end",
      exit: 1,
    },
    {
      failure: { reason: "tool-failed", tool: "clang", command: "clang", ended: "signal SIGSEGV", log: "" },
      text: "clang failed (signal SIGSEGV): clang",
      exit: 1,
    },
  ],
  "input-not-found": [
    {
      failure: { reason: "input-not-found", what: "vmlinux", tried: ["/o/vmlinux"], hint: "--vmlinux" },
      text: "vmlinux not found: give it by --vmlinux\n  tried: /o/vmlinux",
      exit: 1,
    },
  ],
  "file-failed": [
    {
      failure: { reason: "file-failed", operation: "create folder", file: "/o", code: "EROFS" },
      text: "/o: cannot create folder: the file system is read-only (EROFS)",
      exit: 1,
    },
  ],
  "size-exceeded": [
    {
      failure: { reason: "size-exceeded", what: "kernel", size: 10, limit: 9, file: "Image" },
      text: "Image: kernel: 10 bytes, at most 9 are possible",
      exit: 1,
    },
    {
      failure: {
        reason: "size-exceeded",
        what: "payload",
        size: 10,
        limit: 9,
        field: { section: "DOS header", offset: 12 },
      },
      text: "DOS header, offset 0xc: payload: 10 bytes, at most 9 are possible",
      exit: 1,
    },
  ],
  "not-decomposed": [
    {
      failure: {
        reason: "not-decomposed",
        stage: "layer 1, .bpf.2",
        command: 0,
        detail: "the kernel is empty",
        causes: [
          { reason: "usage", detail: "why" },
          { reason: "abi-mismatch", revision: "v6", differences: ["one"] },
        ],
        file: "uki.efi",
      },
      text: [
        "uki.efi: layer 1, .bpf.2, command 0: the kernel is empty",
        "  why",
        "  the kernel's BTF does not agree with revision v6:",
        "    one",
      ].join("\n"),
      exit: 1,
    },
    {
      failure: { reason: "not-decomposed", stage: "result", detail: "no initrd", causes: [] },
      text: "result: no initrd",
      exit: 1,
    },
  ],
  "guest-failed": [
    {
      failure: { reason: "guest-failed", detail: "no end after 60 s", console: "one\r\ntwo\r\n" },
      text: "the guest failed: no end after 60 s\n  one\n  two",
      exit: 1,
    },
  ],
  "not-booted": [
    {
      failure: { reason: "not-booted", detail: 'its console does not show "token"', console: "one\r\ntwo" },
      text: 'the second kernel is not as it should be: its console does not show "token"\n  one\n  two',
      exit: 1,
    },
  ],
  "signature-failed": [
    {
      failure: { reason: "signature-failed", file: "zboot.bpf", detail: "is not signed" },
      text: "zboot.bpf: is not signed",
      exit: 1,
    },
    {
      failure: {
        reason: "signature-failed",
        file: "zboot.bpf",
        signatureAt: 0x40,
        detail: "does not verify",
        log: "bad signature\n",
      },
      text: "zboot.bpf: signature, offset 0x40: does not verify\n  bad signature",
      exit: 1,
    },
  ],
  "bad-fleet": [
    {
      failure: { reason: "bad-fleet", file: "/f/FLEET.json", problems: ["name: is missing", "schema: 2"] },
      text: "/f/FLEET.json: the fleet cannot be used:\n  name: is missing\n  schema: 2",
      exit: 1,
    },
  ],
  "bad-reference": [
    {
      failure: { reason: "bad-reference", file: "/t/fit.mjs", detail: "parse() throws: oops" },
      text: "/t/fit.mjs: the reference is at fault: parse() throws: oops",
      exit: 1,
    },
  ],
  "not-proven": [
    {
      failure: { reason: "not-proven", file: "uki.bpf", detail: "refuted: access: loads 8 bytes" },
      text: "uki.bpf: not proven: refuted: access: loads 8 bytes\n  kexec-bpf prove uki.bpf says more",
      exit: 1,
    },
  ],
  "bad-target": [
    {
      failure: { reason: "bad-target", target: "zboot", detail: "no body", file: "zboot.json" },
      text: "zboot.json: target zboot: no body",
      exit: 1,
    },
  ],
  "unknown-goal": [
    {
      failure: { reason: "unknown-goal", goal: "foo", known: ["uki", "zboot"] },
      text: "no rule to make 'foo'\n  known: uki zboot",
      exit: 2,
    },
  ],
  usage: [
    { failure: { reason: "usage", detail: "unknown option --foo" }, text: "unknown option --foo", exit: 2 },
  ],
  cancelled: [{ failure: { reason: "cancelled", signal: "SIGINT" }, text: "cancelled (SIGINT)", exit: 130 }],
};

describe.each(Object.keys(SAMPLES) as Failure["reason"][])("a failure for the reason %s", (reason) => {
  const samples: readonly Sample[] = SAMPLES[reason];
  test.each(samples)("is told as $text, exit status $exit", ({ failure, text, exit }) => {
    expect(failureText(failure)).toBe(text);
    expect(exitCode(failure)).toBe(exit);
  });
});

test("what is no failure is a bug", () => {
  const unknown = { reason: "new" } as never;
  expect(() => failureText(unknown)).toThrow("unreachable");
  expect(() => exitCode(unknown)).toThrow("unreachable");
});

test("the exit statuses are those of shells and of this field", () =>
  expect(EXIT).toEqual({ ok: 0, failed: 1, usage: 2, tools: 3, cancelled: 130 }));
