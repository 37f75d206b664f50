import type {
  Acceptance,
  ErrorRecord,
  FindingKind,
  FindingRecord,
  Shortfall,
  VerdictRecord,
  Verification,
} from "#core/verification.ts";

export const LINE = { file: "my parser_bpf.c", line: 42, text: 'if (a < b && c > "d")' };
const COMMON = { runs: ["undisturbed"], source: LINE, trace: [] };
export const DIFFERENCE = {
  ...COMMON,
  kind: "difference",
  index: 0,
  field: "payload",
  expected: "4 bytes",
  emitted: "3 bytes",
  bytes: { offset: 3, expected: ["00000000  01 02 03 04"], emitted: ["00000000  01 02 03"] },
  sourceIs: "writer",
} as const satisfies FindingRecord;

/** One of each kind. */
export const FINDINGS: Readonly<Record<FindingKind, FindingRecord>> = {
  fault: {
    ...COMMON,
    kind: "fault",
    reason: "null",
    detail: "null: read of 8 bytes",
    instruction: 7,
    callee: null,
  },
  "not-modelled": {
    ...COMMON,
    kind: "not-modelled",
    detail: "bpf_task_acquire is not modelled here",
    instruction: 9,
    callee: null,
  },
  leak: { ...COMMON, kind: "leak", what: "record", name: "record 1 of ringbuf_1", runs: ["reserve 2 fails"] },
  "stray-read": { ...COMMON, kind: "stray-read", offset: 60, size: 4, imageSize: 50 },
  malformed: {
    ...COMMON,
    kind: "malformed",
    index: 1,
    failure: {
      reason: "malformed",
      format: "command stream",
      section: "command 1",
      offset: 4,
      detail: "payload_len is 9",
    },
    emitted: ["00000000  ff"],
  },
  "went-on": { ...COMMON, kind: "went-on", index: 2, source: null },
  "bad-reference": {
    ...COMMON,
    kind: "bad-reference",
    detail: "format.mjs: parse() throws: oops",
    source: null,
  },
  difference: { ...DIFFERENCE, runs: ["undisturbed", "a", "b", "c"], trace: ["kexec: \u0007 <odd>"] },
};

export const GOOD: VerdictRecord = {
  parser: "p.bpf",
  image: "good.efi",
  ok: true,
  commands: [
    { title: "COPY/KERNEL", size: 5 },
    { title: "DONE", size: 0 },
  ],
  refusal: null,
  faultPaths: { passed: 9, run: 9 },
  findings: [],
};
export const REFUSED: VerdictRecord = {
  ...GOOD,
  image: "refused.efi",
  commands: [],
  refusal: {
    reason: "malformed",
    format: "UKI",
    section: "DOS header",
    offset: 0x3c,
    detail: "no PE header",
  },
};

export function verification(...verdicts: readonly VerdictRecord[]): Verification {
  return {
    schema: 1,
    comparison: "exact",
    faultPaths: true,
    expect: null,
    parsers: [
      {
        name: "p.bpf",
        file: "out/p.bpf",
        sha256: "00",
        form: "container",
        revision: "v7",
        reference: "uki",
        limits: { kernel: 3, initrd: 2, cmdline: 1 },
        limitsFrom: "image_size.h",
      },
    ],
    images: verdicts.map(({ image, refusal }) => ({
      file: image,
      size: 1,
      sha256: "00",
      why: null,
      outcome: outcome(refusal),
    })),
    verdicts,
    loads: [],
    errors: [],
    counts: {
      judged: verdicts.length,
      accepted: verdicts.filter(({ refusal }) => refusal === null).length,
      refused: verdicts.filter(({ refusal }) => refusal !== null).length,
    },
    shortfalls: [],
  };
}

function outcome(refusal: VerdictRecord["refusal"]): Acceptance {
  return refusal === null ? "accepted" : "refused";
}

export const ERRORS: readonly ErrorRecord[] = [
  {
    what: "parser",
    name: "out/none.bpf",
    failure: { reason: "file-failed", operation: "read", file: "/w/out/none.bpf", code: "ENOENT" },
  },
  { what: "verification", name: "", failure: { reason: "usage", detail: "a <reason>" } },
];
export const SHORTFALLS: readonly Shortfall[] = [
  { kind: "unexpected", image: "refused.efi", expected: "accepted" },
  { kind: "nothing-accepted", images: 1 },
  { kind: "nothing-judged", images: 3 },
];

export const BAD: VerdictRecord = {
  ...GOOD,
  image: "bad image.efi",
  ok: false,
  faultPaths: { passed: 2, run: 9 },
  findings: Object.values(FINDINGS),
};
