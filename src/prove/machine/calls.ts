import { Errno } from "#bpf-vm/errno.ts";
import { MapType } from "#bpf-vm/maps/definition.ts";
import { helperName } from "#isa/helpers.ts";
import type { Instruction } from "#isa/instruction.ts";
import { bits64, bytesOf, concat, extractBits, minus, signExtend, zeroExtend } from "#prove/terms/bits.ts";
import { ARGUMENTS, errorTitle, IMAGE, imageSize, initialName } from "#prove/terms/names.ts";
import { type Bits, constant, variable } from "#prove/terms/term.ts";
import { all, any, compare, equals } from "#prove/terms/truth.ts";
import { widenedSigned } from "#prove/terms/widen.ts";
import { memoryOf, requireWithin } from "./access.ts";
import { numberIn, readable } from "./arithmetic.ts";
import type { ExecutionContext } from "./context.ts";
import { CODE, MAP_OBJECT } from "./immediate.ts";
import { load, type SymbolicMemory, write } from "./memory.ts";
import { fault, unknown } from "./problem.ts";
import { type Denials, type PathState, register, withCondition, withMemory, withRegister } from "./state.ts";
import { number, type Pointer, pointer, UNREADABLE_VALUE, type Value } from "./value.ts";

/** The largest size that helpers take (BPF_MAX_VAR_SIZ), in bytes. */
const MAX_SIZE = 1 << 29;
/** The most turns of one bpf_loop (BPF_MAX_LOOPS). */
const MAX_LOOPS = 1 << 23;
/** Where the anchor's arguments have it. */
const PARSER_ID = 8;
/** What the kernel's ring buffer puts before each record, in bytes. */
const RECORD_HEADER = 8;

type Meaning = (executor: ExecutionContext, state: PathState, call: Instruction) => readonly PathState[];

/** By name. What is not here has no meaning to the prover. */
const HELPERS: Readonly<Record<string, Meaning>> = {
  bpf_probe_read_kernel: probeRead,
  bpf_probe_read: probeRead,
  bpf_ringbuf_reserve: reserve,
  bpf_ringbuf_discard: giveBackRecord,
  bpf_ringbuf_submit: giveBackRecord,
  bpf_trace_printk: (executor, state, call) => print(executor, state, call, [1]),
  bpf_trace_vprintk: (executor, state, call) => print(executor, state, call, [1, 3]),
  bpf_loop: loop,
};

const KFUNCS: Readonly<Record<string, Meaning>> = {
  bpf_get_parser_context: getContext,
  bpf_put_parser_context: putContext,
  bpf_buffer_parser: sendBuffer,
};

export function callHelper(
  executor: ExecutionContext,
  state: PathState,
  call: Instruction,
): readonly PathState[] {
  const name = helperName(call.imm) ?? `helper ${call.imm}`;
  return called(executor, state, call, name, HELPERS[name]);
}

export function callKfunc(
  executor: ExecutionContext,
  state: PathState,
  call: Instruction,
): readonly PathState[] {
  const name = executor.program.kfuncs.get(call.index) ?? "a kfunc without a name";
  return called(executor, state, call, name, KFUNCS[name]);
}

function called(
  executor: ExecutionContext,
  state: PathState,
  call: Instruction,
  name: string,
  meaning: Meaning | undefined,
): readonly PathState[] {
  if (meaning === undefined) return unknown(`${name}() is not known to the prover`);
  return meaning(executor, state, call).map((after) => {
    // The arguments are gone after a call.
    const registers = after.registers.map((value, index) =>
      index >= 1 && index <= 5 ? UNREADABLE_VALUE : value,
    );
    return { ...after, registers, slot: call.index + call.slots };
  });
}

function answer(state: PathState, value: Value): PathState {
  return withRegister(state, 0, value);
}

/** A negative error number: -4096 to -1. */
function failure(executor: ExecutionContext, state: PathState, errno: number): PathState {
  const low = variable(12, executor.name(errorTitle(errno)));
  return answer(state, number(concat([low, constant(52, -1n)])));
}

function denied(state: PathState, more: Partial<Denials>): PathState {
  return { ...state, denials: { ...state.denials, ...more } };
}

/** Reads all bytes, or zeroes where they go to and says that it failed. */
function probeRead(
  executor: ExecutionContext,
  before: PathState,
  { index }: Instruction,
): readonly PathState[] {
  const size = numberIn(register(before, 2));
  const source = readable(register(before, 3));
  const { memory, at } = memoryOf(before, register(before, 1));
  if (!memory.writable) return fault(`reads into ${memory.name}, which is not for writing`);
  executor.require(before, "argument", "a size that helpers take", compare("ule", size, bits64(MAX_SIZE)));
  const state = requireWithin(executor, before, memory, at, size, "bytes that a probe_read writes");
  if (source.kind !== "pointer") return fault("reads at an address that is not the image's");
  const { probeSites } = state.denials;
  const failed = (after: SymbolicMemory) =>
    failure(executor, denied(withMemory(state, after), { probeSites: [...probeSites, index] }), Errno.EFAULT);
  const bad = failed(write(memory, { kind: "zeroes", at, length: size }));
  if (source.to !== IMAGE) return [copyOf(executor, state, { memory, at, size, source }), bad];
  const inside = all(
    compare("ule", source.offset, imageSize()),
    compare("ule", size, minus(imageSize(), source.offset)),
  );
  executor.require(state, "image-read", "reads inside the image", any(equals(size, bits64(0)), inside));
  const good = write(memory, { kind: "slice", at, length: size, from: source.offset });
  return [answer(withMemory(state, good), number(bits64(0))), bad];
}

type Copy = {
  readonly memory: SymbolicMemory;
  readonly at: Bits;
  readonly size: Bits;
  readonly source: Pointer;
};

/** A probe_read of a few bytes of what is no image, such as a member of the anchor's context. */
function copyOf(
  executor: ExecutionContext,
  before: PathState,
  { memory, at, size, source }: Copy,
): PathState {
  const from = memoryOf(before, source).memory;
  if (size.kind !== "constant" || ![1, 2, 4, 8].includes(Number(size.value))) {
    return unknown(`reads ${source.to} by a probe_read of a size that no member has`);
  }
  const state = requireWithin(executor, before, from, source.offset, size, "bytes that a probe_read reads");
  const loaded = load(from, source.offset, Number(size.value));
  if (loaded.kind === "torn") return unknown("reads a part of a pointer by a probe_read");
  if (loaded.kind === "bits") {
    executor.require(state, "access", `reads what was written to ${from.name}`, loaded.written);
    return answer(
      withMemory(state, write(memory, { kind: "bits", at, bits: loaded.bits })),
      number(bits64(0)),
    );
  }
  if (at.kind !== "constant" || memory.kind !== "stack")
    return unknown("reads a pointer into what is no stack");
  return answer(
    withMemory(state, write(memory, { kind: "pointer", at, pointer: loaded.pointer })),
    number(bits64(0)),
  );
}

function ringOf(executor: ExecutionContext, value: Value): { readonly place: number; readonly room: number } {
  if (value.kind !== "pointer" || !value.to.startsWith(MAP_OBJECT)) return fault("not a map");
  const place = Number(value.to.slice(MAP_OBJECT.length));
  const map = executor.program.maps[place];
  if (map?.type !== MapType.RINGBUF) return fault("not a ring buffer");
  return { place, room: map.maxEntries };
}

/** A record, or NULL; where the ring has no room for it, NULL alone. */
function reserve(
  executor: ExecutionContext,
  before: PathState,
  { index }: Instruction,
): readonly PathState[] {
  const { place, room } = ringOf(executor, readable(register(before, 1)));
  const size = numberIn(register(before, 2));
  const flags = numberIn(register(before, 3));
  if (size.kind !== "constant" || flags.kind !== "constant") return unknown("reserves an unknown size");
  const bytes = Number(size.value);
  executor.noteRecord(place, bytes);
  const reserves = before.reserves + 1;
  const state = { ...before, reserves };
  const used = state.rings.get(place) ?? 0;
  const length = Math.ceil((bytes + RECORD_HEADER) / 8) * 8;
  const nothing = answer(state, number(bits64(0)));
  if (flags.value !== 0n || used + length > room - 1) return [nothing];
  const name = `record ${reserves}`;
  const record = {
    name,
    kind: "record",
    size: bytes,
    writable: true,
    written: undefined,
    initially: "garbage",
  } as const;
  const given: PathState = {
    ...withMemory(state, record),
    held: new Map(state.held).set(name, { kind: "record", slot: index }),
    rings: new Map(state.rings).set(place, used + length),
  };
  const denials = { reserves: [...state.denials.reserves, reserves] };
  return [answer(given, pointer(name, bits64(0))), denied(nothing, denials)];
}

/** Takes back what the program holds; nothing of it may be used any more. */
function giveBack(state: PathState, value: Value, kind: "record" | "parser-context"): PathState {
  if (value.kind !== "pointer" || state.held.get(value.to)?.kind !== kind) {
    return fault(`gives back a ${kind} that it does not hold`);
  }
  if (value.offset !== bits64(0)) return fault(`gives back an address inside a ${kind}`);
  const held = new Map(state.held);
  held.delete(value.to);
  const memories = new Map(state.memories);
  memories.delete(value.to);
  return answer({ ...state, held, memories }, UNREADABLE_VALUE);
}

function giveBackRecord(_executor: ExecutionContext, state: PathState): readonly PathState[] {
  return [giveBack(state, readable(register(state, 1)), "record")];
}

function putContext(_executor: ExecutionContext, state: PathState): readonly PathState[] {
  return [giveBack(state, readable(register(state, 1)), "parser-context")];
}

function getContext(
  executor: ExecutionContext,
  state: PathState,
  { index }: Instruction,
): readonly PathState[] {
  const own = bytesOf(initialName(ARGUMENTS), bits64(PARSER_ID), 8);
  const isOwn = equals(numberIn(register(state, 1)), own);
  executor.require(state, "argument", "the parser id that it was called with", isOwn);
  const name = executor.name("parser context");
  const held = new Map(state.held).set(name, { kind: "parser-context", slot: index });
  return [
    answer({ ...state, held }, pointer(name, bits64(0))),
    denied(answer(state, number(bits64(0))), { noContext: true }),
  ];
}

/** Says something in the trace log; what it answers is not known. */
function print(
  executor: ExecutionContext,
  before: PathState,
  _call: Instruction,
  texts: readonly number[],
): readonly PathState[] {
  let state = before;
  for (const n of texts) {
    const size = numberIn(register(state, n + 1));
    const { memory, at } = memoryOf(state, register(state, n));
    state = requireWithin(executor, state, memory, at, size, "a text");
  }
  return [answer(state, number(variable(64, executor.name("printk"))))];
}

/** The kernel takes a buffer, or refuses it. */
function sendBuffer(
  executor: ExecutionContext,
  before: PathState,
  { index }: Instruction,
): readonly PathState[] {
  // An int: what stands above it is not looked at.
  const low = extractBits(numberIn(register(before, 2)), 0, 32);
  const size = widenedSigned(low, 64, before.conditions) ?? signExtend(low, 64);
  const context = readable(register(before, 3));
  if (context.kind !== "pointer" || before.held.get(context.to)?.kind !== "parser-context") {
    return fault("sends without a parser context");
  }
  const { memory, at } = memoryOf(before, register(before, 1));
  const positive = compare("slt", bits64(0), size);
  executor.require(before, "argument", "a buffer with something in it", positive);
  const state = requireWithin(executor, withCondition(before, positive), memory, at, size, "a buffer");
  const sent = (accepted: boolean) => ({ slot: index, memory, at, size, accepted });
  const taken = { ...state, sent: [...state.sent, sent(true)] };
  const refused = denied(
    { ...state, sent: [...state.sent, sent(false)] },
    { buffer: state.denials.buffer ?? state.sent.length + 1 },
  );
  return [answer(taken, number(bits64(0))), failure(executor, refused, Errno.ENOMEM)];
}

function loop(executor: ExecutionContext, before: PathState, { index }: Instruction): readonly PathState[] {
  // nr_loops is 32 bits wide.
  const turns = zeroExtend(extractBits(numberIn(register(before, 1)), 0, 32), 64);
  const turn = readable(register(before, 2));
  const flags = numberIn(register(before, 4));
  if (turn.kind !== "pointer" || turn.to !== CODE || turn.offset.kind !== "constant") {
    return fault("loops over what is not a function");
  }
  if (flags !== bits64(0)) return unknown("bpf_loop with flags");
  const most = compare("ule", turns, bits64(MAX_LOOPS));
  executor.require(before, "argument", "turns that bpf_loop takes", most);
  return executor.loop(withCondition(before, most), {
    slot: index,
    turn: Number(turn.offset.value) / 8,
    context: readable(register(before, 3)),
    turns,
  });
}
