import { afterAll, beforeAll } from "vitest";
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
import { call, exit, type Line, op, programOf, symbol } from "../bpf-vm/support/assemble.ts";
import { expectValue } from "../support/expect-value.ts";

/** Small parsers in assembly, and what is proven of them. */

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
export const LAYOUT = contextLayout(profileBtf("v7"), "v7") ?? {
  size: 0,
  data: 0,
  length: { offset: 0, size: 8 },
};
export const HEADER = headerLayout("v7");

export const helper = (name: string) => call("helper", helperId(name) ?? -1);
const kfunc = (name: (typeof KFUNCS)[number]) => call("kfunc", KFUNCS.indexOf(name));
export const set = (dst: number, imm: number) => op("mov", { dst, imm });
export const copy = (dst: number, src: number) => op("mov", { dst, src });
/** Ends the program, with a jump over that where `when` does not hold. */
export const leave = [set(0, 0), exit];
const leaveIfZero = (dst: number) => [op("jne", { dst, imm: 0, offset: leave.length }), ...leave];

/** R6 the context, R7 the parser's id. */
export const begin = [op("ldxdw", { dst: 6, src: 1, offset: 0 }), op("ldxdw", { dst: 7, src: 1, offset: 8 })];
/** R8 the image, R9 its size. */
export const image = [
  op("ldxdw", { dst: 8, src: 6, offset: LAYOUT.data }),
  op(LAYOUT.length.size === 8 ? "ldxdw" : "ldxw", { dst: 9, src: 6, offset: LAYOUT.length.offset }),
  ...leaveIfZero(8),
];
export const reserve = (size: number) => [
  symbol(1, "map-fd", 0),
  set(2, size),
  set(3, 0),
  helper("bpf_ringbuf_reserve"),
];
/** R8 a record. */
export const record = (size: number) => [...reserve(size), copy(8, 0), ...leaveIfZero(8)];
export const discard = [copy(1, 8), set(2, 0), helper("bpf_ringbuf_discard")];
/** R9 the parser's context, for programs that hold nothing else. */
export const context = [copy(1, 7), kfunc("bpf_get_parser_context"), copy(9, 0), ...leaveIfZero(9)];
export const put = [copy(1, 9), kfunc("bpf_put_parser_context")];
/** Bytes of the record, as the one command of the stream. */
export const send = (size: number) => [copy(1, 8), set(2, size), copy(3, 9), kfunc("bpf_buffer_parser")];
/** A record of zeroes with a command's number and a payload's length. */
export function command(name: "cmd" | "payload_len", value: number): readonly Line[] {
  const place = HEADER.places.get(name);
  if (place === undefined) throw new Error(`no ${name}`);
  const letter = { 1: "stb", 2: "sth", 4: "stw", 8: "stdw" }[place.size] ?? "stw";
  return [op(letter, { dst: 8, offset: place.offset, imm: value })];
}
const zeroes = Array.from({ length: Math.ceil(HEADER.size / 8) }, (_, i) =>
  op("stdw", { dst: 8, offset: 8 * i, imm: 0 }),
);
/** Everything that is taken before a stream is sent. */
export const taken = [
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
export const given = [...discard, ...put, ...leave];
export const DONE = revisionProfile("v7").commands.DONE ?? 0;
export const read = (size: number) => [
  copy(1, 10),
  op("add", { dst: 1, imm: -8 }),
  set(2, size),
  copy(3, 8),
  helper("bpf_probe_read_kernel"),
];

/** A program of these lines, with a ring and the parsers' kfuncs. */
export function parser(lines: readonly Line[]): LoadedProgram {
  const program = programOf(lines, { maps: [RING] });
  const calls = program.instructions.filter(({ opcode, src }) => opcode === 0x85 && src === 2);
  return { ...program, kfuncs: new Map(calls.map(({ index, imm }) => [index, KFUNCS[imm] ?? ""])) };
}

/** What is open of a program's safety, and what has no meaning. */
export async function look(lines: readonly Line[]) {
  const theorem = { program: parser(lines), context: LAYOUT, header: HEADER, limits: undefined };
  const proof = expectValue(await proveProgram(theorem, { solver, images: [], firstOpen: true }));
  return {
    open: proof.open.map(({ kind, obligation }) => `${kind} ${obligation.kind}: ${obligation.detail}`),
    gaps: proof.gaps.map(({ detail }) => detail),
    proven: isProven(proof),
    elsewhere: proof.paths?.elsewhere,
  };
}

/** A line that jumps to a label; a name alone is a label. */
export type LabelledLine = Line | string | { readonly jump: Line; readonly to: string };

export function jump(mnemonic: string, to: string, fields: Parameters<typeof op>[1] = {}): LabelledLine {
  return { jump: op(mnemonic, fields), to };
}

/** The lines with their jumps' distances. */
export function resolved(lines: readonly LabelledLine[]): readonly Line[] {
  const places = new Map<string, number>();
  let slot = 0;
  for (const line of lines) {
    if (typeof line === "string") places.set(line, slot);
    else slot += ("jump" in line ? line.jump : line).form.slots;
  }
  slot = 0;
  return lines.flatMap((line) => {
    if (typeof line === "string") return [];
    if (!("jump" in line)) {
      slot += line.form.slots;
      return [line];
    }
    slot += 1;
    return [{ ...line.jump, offset: (places.get(line.to) ?? Number.NaN) - slot }];
  });
}
