import { expect, it } from "vitest";
import { exit, type Line, op, symbol } from "../../bpf-vm/support/assemble.ts";
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
  LAYOUT,
  leave,
  look,
  put,
  read,
  record,
  reserve,
  send,
  set,
  taken,
} from "../programs.ts";

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
  ["a loop without an end", [op("ja", { offset: -1 }), exit], "a loop that is not seen to end"],
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

/** Stores outside of a record where an address is not what the jump asks. */
const storesUnless = (mnemonic: string, imm: number): readonly Line[] => [
  ...[...record(16), op(mnemonic, { dst: 8, imm, offset: 1 }), op("stdw", { dst: 8, offset: 16, imm: 0 })],
  ...[...discard, ...leave],
];

it.each([
  ["jgt", 0],
  ["jge", 0],
  ["jne", 1],
  ["jgt", 4095],
  ["jlt", -1],
  ["jle", -4096],
  ["jne", -4096],
])("an address is neither in the first page nor an error: %s %d holds", async (mnemonic, imm) => {
  const { open, gaps } = await look(storesUnless(mnemonic, imm));
  expect([open, gaps]).toEqual([[], []]);
});

it.each([
  ["jlt", 1],
  ["jle", 0],
  ["jeq", -1],
  ["jgt", -1],
])("and %s %d does not", async (mnemonic, imm) => {
  const { open } = await look(storesUnless(mnemonic, imm));
  expect(open).toContain("refutable access: stores 8 bytes outside record 1");
});

it.each([
  ["jsgt", 0],
  ["jgt", 4096],
  ["jlt", -4097],
])("what %s %d comes to is not known", async (mnemonic, imm) => {
  const { gaps } = await look(storesUnless(mnemonic, imm));
  expect(gaps).toContain("compares a pointer with what may be an address");
});
