import fc from "fast-check";
import type { Machine } from "#bpf-vm/machine.ts";
import { BPF_F_RDONLY_PROG, MapType } from "#bpf-vm/maps/definition.ts";
import { REGION_LOW } from "#bpf-vm/memory/memory.ts";
import type { Region } from "#bpf-vm/memory/region.ts";
import { helperId } from "#isa/helpers.ts";
import { FORMS, type InstructionForm } from "#isa/table.ts";
import { call, exit, type Line, op, type Setting, symbol } from "./assemble.ts";

/** A line whose jump, call or function address goes to another line, by its place modulo their number. */
type Draft = Line & { readonly to?: number };

const CONTEXT_SIZE = 64;
const RING = { name: "ring", type: MapType.RINGBUF, keySize: 0, valueSize: 0, maxEntries: 4096 };
const ARRAY = { name: "array", type: MapType.ARRAY, keySize: 4, valueSize: 32, maxEntries: 1 };
const CONSTANTS = { ...ARRAY, name: "constants", content: new Uint8Array(32).fill(0x77) };
export const MAPS = [
  { ...RING, flags: 0, frozen: false },
  { ...ARRAY, flags: 0, frozen: false },
  { ...CONSTANTS, flags: BPF_F_RDONLY_PROG, frozen: true },
];

const REFUSED = ["packet-load", "address-space-cast", "call-register", "jump-register"];
const PLAIN = FORMS.filter(({ does: { kind } }) =>
  ["alu", "move-signed", "byte-order", "may-goto"].includes(kind),
);
const MEMORY = FORMS.filter(({ does: { kind } }) =>
  ["load", "store", "load-acquire", "store-release", "atomic", "exchange", "compare-exchange"].includes(kind),
);
const JUMPS = FORMS.filter(({ does: { kind } }) => kind === "jump" || kind === "jump-if");
const REST = FORMS.filter(({ does: { kind } }) => REFUSED.includes(kind) || kind === "exit");

const imm = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 1, -1, 8, 31, 32, 63, 64, 0x7fffffff, -0x80000000) },
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
);
const register = fc.nat(9);
const source = fc.nat(10);
const place = fc.nat(1000);

/**
 * R6 points to the context, R7 to a map's value, R8 to the stack and then mostly to a record; at first R0 points to
 * constants and R9 to a map itself. Most accesses are good ones: a program ends with its first bad one.
 */
const access = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant(6), fc.nat(7)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant(7), fc.nat(3)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant(8), fc.nat(4)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant(10), fc.integer({ min: -8, max: -1 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(0, 9), fc.nat(4)) },
  { weight: 1, arbitrary: fc.tuple(source, fc.integer({ min: -1, max: 9 })) },
);
const slip = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: -4, max: 7 }) },
  { weight: 1, arbitrary: fc.constantFrom(-512, 504, 0x7f00, -0x7f00) },
);
const from = (forms: readonly InstructionForm[]) => fc.constantFrom(...forms);

const plain = fc
  .record({ form: from(PLAIN), dst: register, src: source, imm, to: place })
  .map((line) => [line]);
const memory = fc
  .tuple(from(MEMORY), register, access, slip, imm)
  .map(([form, other, [pointer, at], off, value]): Draft[] => {
    const loads = form.does.kind === "load" || form.does.kind === "load-acquire";
    const [dst, src] = loads ? [other, pointer] : [pointer, other];
    return [{ form, dst, src, offset: 8 * at + off, imm: value }];
  });
const jump = fc
  .record({ form: from(JUMPS), dst: register, src: source, imm, to: place })
  .map((line) => [line]);
const rest = fc.record({ form: from(REST), dst: register, src: source, imm }).map((line) => [line]);
/** R10 is a register like any other to both executors. */
const frameChange = fc
  .record({ form: from(PLAIN), dst: fc.constant(10), src: source, imm: fc.constantFrom(0, 8, -8), to: place })
  .map((line) => [line]);
const localCall = place.map((to): Draft[] => [{ ...call("local", 0), to }]);

const helper = (name: string) => call("helper", helperId(name) ?? 0);
const mov = (dst: number, value: number) => op("mov", { dst, imm: value });
const stackPointer = (dst: number, at: number) => [op("mov", { dst, src: 10 }), op("add", { dst, imm: at })];
const helpers = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((size): Draft[] => [
    symbol(1, "map-fd", 0),
    mov(2, size),
    mov(3, 0),
    helper("bpf_ringbuf_reserve"),
    op("jeq", { dst: 0, imm: 0, offset: 1 }),
    op("mov", { dst: 8, src: 0 }),
    // Behind the jump there is an instruction, whatever follows.
    mov(9, 1),
  ]),
  fc
    .constantFrom(1, 7, 8)
    .map((record): Draft[] => [op("mov", { dst: 1, src: record }), mov(2, 0), helper("bpf_ringbuf_submit")]),
  fc
    .constantFrom(0, 3, 1)
    .map((key): Draft[] => [
      op("stw", { dst: 10, offset: -4, imm: key }),
      symbol(1, "map-fd", 1),
      ...stackPointer(2, -4),
      helper("bpf_map_lookup_elem"),
    ]),
  fc
    .tuple(fc.constantFrom(-8, -16, -24), fc.constantFrom(0, 1, 8, 16))
    .map(([at, size]): Draft[] => [
      ...stackPointer(1, at),
      mov(2, size),
      op("mov", { dst: 3, src: 6 }),
      helper("bpf_probe_read_kernel"),
    ]),
  fc
    .tuple(fc.constantFrom(-8, -16), fc.constantFrom("%d", "%x %s", "%q", "a"))
    .map(([at, text]): Draft[] => [
      ...[...`${text}\0`].map((c, i) => op("stb", { dst: 10, offset: at + i, imm: c.charCodeAt(0) })),
      ...stackPointer(1, at),
      mov(2, text.length + 1),
      op("mov", { dst: 3, src: 9 }),
      helper("bpf_trace_printk"),
    ]),
  fc
    .tuple(fc.nat(5), place, fc.constantFrom(0, 0, 0, 8))
    .map(([turns, to, beyond]): Draft[] => [
      mov(1, turns),
      { ...symbol(2, "func", 0), to },
      op("add", { dst: 2, imm: beyond }),
      op("mov", { dst: 3, src: 10 }),
      mov(4, 0),
      helper("bpf_loop"),
    ]),
  fc.constantFrom("bpf_ktime_get_ns", "bpf_get_prandom_u32", "bpf_spin_lock").map((name) => [helper(name)]),
);

const piece: fc.Arbitrary<readonly Draft[]> = fc.oneof(
  { weight: 12, arbitrary: plain },
  { weight: 12, arbitrary: memory },
  { weight: 8, arbitrary: jump },
  { weight: 4, arbitrary: helpers },
  { weight: 2, arbitrary: localCall },
  { weight: 1, arbitrary: rest },
  { weight: 1, arbitrary: frameChange },
);

const PROLOGUE: readonly Draft[] = [
  op("mov", { dst: 6, src: 1 }),
  symbol(7, "map-fd-value", 1),
  op("mov", { dst: 8, src: 10 }),
  op("add", { dst: 8, imm: -64 }),
  symbol(0, "map-fd-value", 2),
  symbol(9, "map-fd", 0),
  op("stdw", { dst: 10, offset: -8, imm: -1 }),
  op("stdw", { dst: 10, offset: -16, imm: 0x12345678 }),
  ...[-64, -48, -40, -32].map((at) => op("stdw", { dst: 10, offset: at, imm: at })),
];

/** Programs of all forms with jumps, calls and callbacks to anywhere; most of them end with a fault. */
export const randomProgram: fc.Arbitrary<readonly Line[]> = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 40 }), fc.boolean())
  .map(([pieces, ends]) => resolve([...PROLOGUE, ...pieces.flat(), ...(ends ? [exit] : [])]));

function resolve(drafts: readonly Draft[]): Line[] {
  const slots: number[] = [];
  let slot = 0;
  for (const { form } of drafts) {
    slots.push(slot);
    slot += form.slots;
  }
  return drafts.map(({ to, ...line }, i) => {
    if (to === undefined) return line;
    const distance = (slots[to % drafts.length] ?? 0) - (slots[i] ?? 0) - 1;
    const { does } = line.form;
    if (does.kind === "jump-if" || does.kind === "may-goto") return { ...line, offset: distance };
    if (does.kind === "jump") return { ...line, [does.distance]: distance };
    if (does.kind === "call") return { ...line, imm: distance };
    if (does.kind === "load-imm64") return { ...line, imm: distance, imm64: BigInt(distance >>> 0) };
    return line;
  });
}

/** R1 points to 64 bytes that programs may change; `seen` gives them, and the array, after the run. */
export function randomSetting(budget: number): {
  readonly setting: Setting;
  readonly seen: () => Uint8Array[];
} {
  const regions: Region[] = [];
  let machine: Machine | undefined;
  const prepare = (made: Machine) => {
    machine = made;
    const bytes = Uint8Array.from({ length: CONTEXT_SIZE }, (_, i) => (i * 37) & 0xff);
    const context = made.memory.add({
      kind: "context",
      name: "it",
      size: CONTEXT_SIZE,
      bytes,
      access: "read-write",
    });
    regions.push(context);
    return { high: context.high, low: REGION_LOW };
  };
  const seen = () => {
    const value = machine?.maps[1]?.element(0);
    value?.reach(value.size);
    return [...regions, ...(value ? [value] : [])].map(({ bytes }) => bytes.slice());
  };
  return { setting: { maps: MAPS, budget, prepare }, seen };
}
