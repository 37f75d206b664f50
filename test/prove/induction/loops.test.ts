import { describe, expect, it } from "vitest";
import { exit, op, symbol } from "../../bpf-vm/support/assemble.ts";
import {
  begin,
  command,
  context,
  copy,
  DONE,
  discard,
  given,
  HEADER,
  helper,
  image,
  jump,
  type LabelledLine,
  leave,
  look,
  record,
  resolved,
  send,
  set,
  taken,
} from "../programs.ts";

/** More turns than are unrolled. */
const MANY = 5000;
/** What every parser here ends with, so that it sends something on a way. */
const sends: readonly LabelledLine[] = [...taken, ...command("cmd", DONE), ...send(HEADER.size), ...given];
/** R6 the context, R7 the parser's id, both kept on the stack; R8 the image, R9 its size. */
const start: readonly LabelledLine[] = [
  ...[...begin, op("stxdw", { dst: 10, src: 6, offset: -16 }), op("stxdw", { dst: 10, src: 7, offset: -24 })],
  ...image,
];
/** To eight bytes of the stack, from a register's offset on. */
const readAt = (offset: number) => [
  ...[copy(1, 10), op("add", { dst: 1, imm: -8 }), set(2, 8), copy(3, 8), op("add", { dst: 3, src: offset })],
  helper("bpf_probe_read_kernel"),
];
/** R2 the place of entry R6, of 40 bytes. */
const entry = [copy(2, 6), op("mul", { dst: 2, imm: 40 })];
/** The parser's own arguments again, and the stream. */
const end: readonly LabelledLine[] = [
  "end",
  ...[op("ldxdw", { dst: 6, src: 10, offset: -16 }), op("ldxdw", { dst: 7, src: 10, offset: -24 })],
  // `taken` takes them from the anchor's arguments, where R1 says.
  ...sends.slice(begin.length),
];

/** Entries one after another, each looked at where it lies inside the image. */
function entries(bound: number): readonly LabelledLine[] {
  return [
    ...[...start, set(6, 0), "turn", jump("jge", "end", { dst: 6, imm: MANY })],
    ...[...entry, op("add", { dst: 2, imm: bound }), jump("jgt", "end", { dst: 2, src: 9 })],
    ...[...entry, copy(5, 2), ...readAt(5), op("add", { dst: 6, imm: 1 }), jump("ja", "turn")],
    ...end,
  ];
}

/** A place that is found in the image and read after the loop, where it was asked for with these bytes after it; not asked for in the first turns. */
function found(room: number, unasked: number = 0): readonly LabelledLine[] {
  return [
    ...[...start, op("stdw", { dst: 10, offset: -32, imm: 0 }), jump("jlt", "end", { dst: 9, imm: 8 })],
    ...[set(6, 0), "turn", jump("jge", "over", { dst: 6, imm: MANY })],
    ...[...entry, op("add", { dst: 2, imm: 8 }), jump("jgt", "over", { dst: 2, src: 9 })],
    ...[...entry, copy(5, 2), ...readAt(5), op("add", { dst: 6, imm: 1 })],
    ...[op("ldxdw", { dst: 1, src: 10, offset: -8 }), jump("jeq", "turn", { dst: 1, imm: 0 })],
    ...[
      jump("jgt", "ask", { dst: 6, imm: unasked }),
      op("stxdw", { dst: 10, src: 1, offset: -32 }),
      jump("ja", "turn"),
    ],
    ...["ask", jump("jgt", "end", { dst: 1, src: 9 }), copy(2, 9), op("sub", { dst: 2, src: 1 })],
    ...[
      jump("jlt", "end", { dst: 2, imm: room }),
      op("stxdw", { dst: 10, src: 1, offset: -32 }),
      jump("ja", "turn"),
    ],
    ...["over", op("ldxdw", { dst: 5, src: 10, offset: -32 }), ...readAt(5), ...end],
  ];
}

describe("a loop of jumps that is too long to unroll", () => {
  it.each([
    ["entries that are looked at", entries(40)],
    ["a place that is found", found(8)],
  ])("is proven: %s", async (_title, lines) => {
    expect(await look(resolved(lines))).toMatchObject({ open: [], gaps: [], proven: true });
  });

  it("is proven where it is asked for its end after the turn", async () => {
    const lines = [
      ...[...start, jump("jlt", "end", { dst: 9, imm: 8 * MANY }), set(6, 0), "turn"],
      ...[copy(5, 6), op("mul", { dst: 5, imm: 8 }), ...readAt(5), op("add", { dst: 6, imm: 1 })],
      ...[jump("jlt", "turn", { dst: 6, imm: MANY }), ...end],
    ];
    expect(await look(resolved(lines))).toMatchObject({ open: [], gaps: [], proven: true });
  });

  it("is proven inside another", async () => {
    const lines = [
      ...[
        ...start,
        jump("jlt", "end", { dst: 9, imm: 8 }),
        set(6, 0),
        "outer",
        op("stdw", { dst: 10, offset: -32, imm: 0 }),
      ],
      ...["inner", op("ldxdw", { dst: 1, src: 10, offset: -32 }), op("add", { dst: 1, imm: 1 })],
      ...[op("stxdw", { dst: 10, src: 1, offset: -32 }), jump("jlt", "inner", { dst: 1, imm: MANY })],
      ...[
        set(5, 0),
        ...readAt(5),
        op("add", { dst: 6, imm: 1 }),
        jump("jlt", "outer", { dst: 6, imm: MANY }),
        ...end,
      ],
    ];
    expect(await look(resolved(lines))).toMatchObject({ open: [], gaps: [], proven: true });
  });

  it.each<[string, readonly LabelledLine[], string]>([
    ["entries of which the last is not inside", entries(7), "image-read: reads inside the image"],
    ["a place that is found, with too little after it", found(7), "image-read: reads inside the image"],
    [
      "a place that is found, for which the first turns do not ask",
      found(8, 3),
      "image-read: reads inside the image",
    ],
    [
      "turns that keep what they take",
      [
        ...[...begin, set(8, 0), "turn", ...context, op("add", { dst: 8, imm: 1 })],
        ...Array.from({ length: 40 }, () => set(0, 0)),
        ...[jump("jlt", "turn", { dst: 8, imm: MANY }), ...leave],
      ],
      "give-back: a turn gives back what it takes, and nothing else",
    ],
    [
      "an address that a late turn leaves where the first had a number",
      [
        ...[...record(16), op("stdw", { dst: 10, offset: -32, imm: 0 }), set(6, 0), "turn"],
        ...[op("stxdw", { dst: 8, src: 6 }), op("ldxdw", { dst: 1, src: 10, offset: -32 })],
        ...[
          jump("jlt", "next", { dst: 1, imm: MANY - 10 }),
          copy(6, 10),
          "next",
          op("add", { dst: 1, imm: 1 }),
        ],
        ...[op("stxdw", { dst: 10, src: 1, offset: -32 }), jump("jlt", "turn", { dst: 1, imm: MANY })],
        ...[...discard, ...leave],
      ],
      "access: uses a register that holds nothing",
    ],
    [
      "one turn too many",
      [
        ...[...start, jump("jlt", "end", { dst: 9, imm: 8 * MANY }), set(6, 0), "turn"],
        ...[copy(5, 6), op("mul", { dst: 5, imm: 8 }), ...readAt(5), op("add", { dst: 6, imm: 1 })],
        ...[jump("jle", "turn", { dst: 6, imm: MANY }), ...end],
      ],
      "image-read: reads inside the image",
    ],
    [
      "a store that leaves the stack in a late turn",
      [
        ...[
          ...start,
          set(6, 0),
          "turn",
          copy(1, 10),
          op("add", { dst: 1, imm: -512 }),
          op("add", { dst: 1, src: 6 }),
        ],
        ...[
          op("stb", { dst: 1, imm: 0 }),
          op("add", { dst: 6, imm: 1 }),
          jump("jlt", "turn", { dst: 6, imm: MANY }),
        ],
        ...end,
      ],
      "access: stores 1 bytes within stack of frame 0",
    ],
    [
      "what no turn may have written",
      [
        ...[
          ...start,
          set(6, 0),
          "turn",
          jump("jge", "over", { dst: 6, src: 9 }),
          jump("jge", "over", { dst: 6, imm: MANY }),
        ],
        ...[op("stdw", { dst: 10, offset: -32, imm: 0 }), op("add", { dst: 6, imm: 1 }), jump("ja", "turn")],
        ...["over", op("ldxdw", { dst: 1, src: 10, offset: -32 }), ...end],
      ],
      "access: loads what was written to stack of frame 0",
    ],
  ])("is refuted: %s", async (_title, lines, expected) => {
    const { open, proven } = await look(resolved(lines));
    expect(open).toContain(`refutable ${expected}`);
    expect(proven).toBe(false);
  });

  it.each<[string, readonly LabelledLine[], string]>([
    ["without an end", [...start, "turn", jump("ja", "turn")], "a loop that is not seen to end"],
    [
      "whose turns take records",
      [
        ...[...begin, set(6, 0), "turn", ...record(16), ...discard, op("add", { dst: 6, imm: 1 })],
        ...Array.from({ length: 40 }, () => set(0, 0)),
        ...[jump("jlt", "turn", { dst: 6, imm: MANY }), ...leave],
      ],
      "takes room of a ring in each turn of a loop",
    ],
  ])("is unknown: one %s", async (_title, lines, expected) => {
    const { gaps, proven } = await look(resolved(lines));
    expect(gaps).toContain(expected);
    expect(proven).toBe(false);
  });
});

/** `bpf_loop` over a function that adds up what it counts at the address in its context, and stops at this; then eight bytes from there. */
function counted(stop: number, room: number): readonly LabelledLine[] {
  return [
    ...[
      ...start,
      op("stdw", { dst: 10, offset: -32, imm: 0 }),
      jump("jlt", "end", { dst: 9, imm: stop + room }),
    ],
    ...[set(1, MANY), symbol(2, "func", 0), copy(3, 10), op("add", { dst: 3, imm: -32 }), set(4, 0)],
    ...[helper("bpf_loop"), op("ldxdw", { dst: 5, src: 10, offset: -32 }), ...readAt(5), ...end],
    ...["turn", op("ldxdw", { dst: 1, src: 2 }), jump("jge", "stop", { dst: 1, imm: stop })],
    ...[
      op("add", { dst: 1, imm: 1 }),
      op("stxdw", { dst: 2, src: 1 }),
      set(0, 0),
      exit,
      "stop",
      set(0, 1),
      exit,
    ],
  ];
}

/** With the distance to the function in the instruction that loads its address. */
function withFunction(lines: readonly LabelledLine[]) {
  const done = resolved(lines);
  const slots = (count: number) => done.slice(0, count).reduce((sum, line) => sum + line.form.slots, 0);
  const at = done.findIndex(({ form }) => form.does.kind === "load-imm64" && form.does.meaning === "func");
  const turn = slots(resolved(lines.slice(0, lines.indexOf("turn"))).length);
  const imm = turn - slots(at) - 1;
  return done.map((line, index) => (index === at ? symbol(2, "func", imm) : line));
}

describe("a bpf_loop without a specification", () => {
  it("is proven with what its turns keep", async () => {
    expect(await look(withFunction(counted(100, 8)))).toMatchObject({ open: [], gaps: [], proven: true });
  });

  it("is refuted where that is not enough", async () => {
    const { open, proven } = await look(withFunction(counted(100, 7)));
    expect(open).toContain("refutable image-read: reads inside the image");
    expect(proven).toBe(false);
  });
});
