import { afterAll, beforeAll, expect, it } from "vitest";
import { headerLayout } from "#abi/header-layout.ts";
import { revisionProfile } from "#abi/revisions.ts";
import { type MapDefinition, MapType } from "#bpf-vm/maps/definition.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { contextLayout } from "#bpf-vm/run-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { helperId } from "#isa/helpers.ts";
import { isProven, proveProgram } from "#prove/proof.ts";
import type { Solver } from "#prove/solver/solver.ts";
import { openZ3 } from "#prove/solver/z3.ts";
import { forgetTerms } from "#prove/terms/term.ts";
import { call, exit, type Line, op, programOf, symbol } from "../../bpf-vm/support/assemble.ts";
import { expectValue } from "../../support/expect-value.ts";

let solver: Solver;
beforeAll(async () => {
  solver = expectValue(await openZ3(1, 900_000));
});
afterAll(() => {
  solver.close();
  forgetTerms();
});

const KFUNCS = ["bpf_get_parser_context", "bpf_put_parser_context", "bpf_buffer_parser"] as const;
const RING: MapDefinition = {
  ...{ name: "ring", type: MapType.RINGBUF, keySize: 0, valueSize: 0 },
  ...{ maxEntries: 4096, flags: 0, frozen: false },
};
const LAYOUT = contextLayout(profileBtf("v7"), "v7") ?? { size: 0, data: 0, length: { offset: 0, size: 8 } };
const HEADER = headerLayout("v7");

const helper = (name: string) => call("helper", helperId(name) ?? -1);
const kfunc = (name: (typeof KFUNCS)[number]) => call("kfunc", KFUNCS.indexOf(name));
const set = (dst: number, imm: number) => op("mov", { dst, imm });
const copy = (dst: number, src: number) => op("mov", { dst, src });
/** Ends the program, with a jump over that where `when` does not hold. */
const leave = [set(0, 0), exit];
const leaveIfZero = (dst: number) => [op("jne", { dst, imm: 0, offset: leave.length }), ...leave];

/** R6 the context, R7 the parser's id. */
const begin = [op("ldxdw", { dst: 6, src: 1, offset: 0 }), op("ldxdw", { dst: 7, src: 1, offset: 8 })];
/** R8 the image, R9 its size. */
const image = [
  op("ldxdw", { dst: 8, src: 6, offset: LAYOUT.data }),
  op(LAYOUT.length.size === 8 ? "ldxdw" : "ldxw", { dst: 9, src: 6, offset: LAYOUT.length.offset }),
  ...leaveIfZero(8),
];
const reserve = (size: number) => [
  symbol(1, "map-fd", 0),
  set(2, size),
  set(3, 0),
  helper("bpf_ringbuf_reserve"),
];
/** R8 a record. */
const record = (size: number) => [...reserve(size), copy(8, 0), ...leaveIfZero(8)];
const discard = [copy(1, 8), set(2, 0), helper("bpf_ringbuf_discard")];
/** R9 the parser's context, for programs that hold nothing else. */
const context = [copy(1, 7), kfunc("bpf_get_parser_context"), copy(9, 0), ...leaveIfZero(9)];
const put = [copy(1, 9), kfunc("bpf_put_parser_context")];
/** Bytes of the record, as the one command of the stream. */
const send = (size: number) => [copy(1, 8), set(2, size), copy(3, 9), kfunc("bpf_buffer_parser")];
/** A record of zeroes with a command's number and a payload's length. */
function command(name: "cmd" | "payload_len", value: number): readonly Line[] {
  const place = HEADER.places.get(name);
  if (place === undefined) throw new Error(`no ${name}`);
  const letter = { 1: "stb", 2: "sth", 4: "stw", 8: "stdw" }[place.size] ?? "stw";
  return [op(letter, { dst: 8, offset: place.offset, imm: value })];
}
const zeroes = Array.from({ length: Math.ceil(HEADER.size / 8) }, (_, i) =>
  op("stdw", { dst: 8, offset: 8 * i, imm: 0 }),
);
/** Everything that is taken before a stream is sent. */
const taken = [
  ...begin,
  copy(1, 7),
  kfunc("bpf_get_parser_context"),
  copy(9, 0),
  ...leaveIfZero(9),
  ...reserve(64),
  copy(8, 0),
  op("jne", { dst: 8, imm: 0, offset: put.length + leave.length }),
  ...put,
  ...leave,
  ...zeroes,
];
const given = [...discard, ...put, ...leave];
const DONE = revisionProfile("v7").commands.DONE ?? 0;
const read = (size: number) => [
  copy(1, 10),
  op("add", { dst: 1, imm: -8 }),
  set(2, size),
  copy(3, 8),
  helper("bpf_probe_read_kernel"),
];

function parser(lines: readonly Line[]): LoadedProgram {
  const program = programOf(lines, { maps: [RING] });
  const calls = program.instructions.filter(({ opcode, src }) => opcode === 0x85 && src === 2);
  return { ...program, kfuncs: new Map(calls.map(({ index, imm }) => [index, KFUNCS[imm] ?? ""])) };
}

/** What is open of a program's safety, and what has no meaning. */
async function look(lines: readonly Line[]) {
  const theorem = { program: parser(lines), context: LAYOUT, header: HEADER, limits: undefined };
  const proof = expectValue(await proveProgram(theorem, { solver, images: [], firstOpen: true }));
  return {
    open: proof.open.map(({ kind, obligation }) => `${kind} ${obligation.kind}: ${obligation.detail}`),
    gaps: proof.gaps.map(({ detail }) => detail),
    proven: isProven(proof),
    elsewhere: proof.paths?.elsewhere,
  };
}

it("a program that gives back what it takes and sends DONE is proven", async () => {
  const lines = [...taken, ...command("cmd", DONE), ...send(HEADER.size), ...given];
  expect(await look(lines)).toEqual({ open: [], gaps: [], proven: true, elsewhere: 0 });
});

it("a path of an error that the virtual machine does not give is possible elsewhere, and no divergence", async () => {
  const isPerm = [op("jeq", { dst: 0, imm: -1, offset: 1 }), set(6, 0)];
  const lines = [...taken, ...command("cmd", DONE), ...send(HEADER.size), ...isPerm, ...given];
  // With an image and without one.
  expect(await look(lines)).toEqual({ open: [], gaps: [], proven: true, elsewhere: 2 });
});

it.each<[string, readonly Line[], string]>([
  [
    "a store outside of a record",
    [...record(16), op("stdw", { dst: 8, offset: 16, imm: 0 }), ...discard, ...leave],
    "access: stores 8 bytes outside record 1",
  ],
  [
    "a store across a record's end",
    [...record(16), op("stdw", { dst: 8, offset: 12, imm: 0 }), ...discard, ...leave],
    "access: stores 8 bytes outside record 1",
  ],
  [
    "a store at a place that may be before its record",
    [
      ...[...begin, op("ldxdw", { dst: 9, src: 6, offset: LAYOUT.length.offset }), ...record(16)],
      ...[op("add", { dst: 9, imm: -16 }), op("jsgt", { dst: 9, imm: 8, offset: 3 })],
      ...[copy(1, 8), op("add", { dst: 1, src: 9 }), op("stb", { dst: 1, imm: 0 }), ...discard, ...leave],
    ],
    "access: stores 1 bytes within record 1",
  ],
  [
    "a load of what was not written to the stack",
    [op("ldxdw", { dst: 0, src: 10, offset: -8 }), exit],
    "access: loads what was written to stack of frame 0",
  ],
  [
    "a record that is kept",
    [...record(16), ...leave],
    "give-back: record 1, taken at instruction 4, is given back",
  ],
  [
    "a record that is given back twice",
    [...record(16), ...discard, ...discard, ...leave],
    "access: gives back a record that it does not hold",
  ],
  [
    "a place inside a record that is given back",
    [...record(16), op("add", { dst: 8, imm: 8 }), ...discard, ...leave],
    "access: gives back an address inside a record",
  ],
  [
    "a record that is used after it was given back",
    [...record(16), ...discard, op("stdw", { dst: 8, imm: 0 }), ...leave],
    "access: uses record 1 as memory, which it may not or may no longer",
  ],
  [
    "a record that is not looked at",
    [...reserve(16), op("stdw", { dst: 0, imm: 0 }), copy(8, 0), ...discard, ...leave],
    "access: uses as an address what is not a pointer",
  ],
  [
    "an argument that a call has taken",
    [...record(16), ...discard, copy(0, 2), exit],
    "access: uses a register that holds nothing",
  ],
  [
    "a load from the image",
    [...begin, ...image, op("ldxb", { dst: 0, src: 8 }), exit],
    "access: uses image as memory, which it may not or may no longer",
  ],
  [
    "a read of an image whose size is not asked for",
    [...begin, ...image, ...read(8), ...leave],
    "image-read: reads inside the image",
  ],
  [
    "a read that is larger than where it goes",
    [...begin, ...image, op("jge", { dst: 9, imm: 16, offset: 2 }), ...leave, ...read(16), ...leave],
    "access: bytes that a probe_read writes outside stack of frame 0",
  ],
  [
    "a context that is kept",
    [...begin, ...context, ...leave],
    "give-back: parser context 1, taken at instruction 3, is given back",
  ],
  [
    "the context of another parser",
    [...begin, op("add", { dst: 7, imm: 1 }), ...context, ...put, ...leave],
    "argument: the parser id that it was called with",
  ],
  [
    "a command after a refused one",
    [...taken, ...command("cmd", DONE), ...send(HEADER.size), ...send(HEADER.size), ...given],
    "stream: nothing is sent after a refusal",
  ],
  [
    "a command after DONE",
    [
      ...taken,
      ...command("cmd", DONE),
      ...send(HEADER.size),
      op("jne", { dst: 0, imm: 0, offset: 4 }),
      ...send(HEADER.size),
      ...given,
    ],
    "stream: command 0 is not DONE, as more come",
  ],
  [
    "a stream without DONE",
    [...taken, ...command("cmd", DONE + 1), ...send(HEADER.size), ...given],
    "stream: DONE comes last",
  ],
  [
    "a length that is not the payload's",
    [...taken, ...command("cmd", DONE), ...command("payload_len", 3), ...send(HEADER.size), ...given],
    "stream: command 0 is as long as its header says",
  ],
  [
    "a buffer with nothing in it",
    [...taken, ...command("cmd", DONE), ...send(0), ...given],
    "argument: a buffer with something in it",
  ],
  [
    "a buffer that is larger than its record",
    [...taken, ...command("cmd", DONE), ...send(65), ...given],
    "access: a buffer outside record 1",
  ],
])("%s is refuted", async (_title, lines, expected) => {
  const { open, proven } = await look(lines);
  expect(open).toContain(`refutable ${expected}`);
  expect(proven).toBe(false);
});

it.each<[string, readonly Line[], string]>([
  [
    "a helper that the prover does not know",
    [helper("bpf_ktime_get_ns"), ...leave],
    "bpf_ktime_get_ns() is not known to the prover",
  ],
  ["a signed division", [set(0, 7), { ...op("sdiv", { dst: 0, imm: 2 }) }, exit], "divides signed numbers"],
  [
    "a record of an unknown size",
    [...begin, symbol(1, "map-fd", 0), copy(2, 7), set(3, 0), helper("bpf_ringbuf_reserve"), ...leave],
    "reserves an unknown size",
  ],
  [
    "a pointer as a number",
    [...begin, op("mul", { dst: 6, imm: 2 }), ...leave],
    "calculates with a pointer as a number",
  ],
  ["a part of a pointer", [op("ldxw", { dst: 0, src: 1 }), exit], "loads a part of a pointer"],
  ["a loop without an end", [op("ja", { offset: -1 }), exit], "runs for more than 20000 instructions"],
  [
    "an atomic addition",
    [
      op("stdw", { dst: 10, offset: -8, imm: 0 }),
      op("atomic_add_dw", { dst: 10, src: 0, offset: -8 }),
      ...leave,
    ],
    "the instruction atomic is not known to the prover",
  ],
])("%s is not proven, and said to be unknown", async (_title, lines, expected) => {
  const { gaps, proven } = await look(lines);
  expect([...new Set(gaps)]).toEqual([expected]);
  expect(proven).toBe(false);
});
