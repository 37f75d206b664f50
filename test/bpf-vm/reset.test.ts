import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Revision } from "#abi/revisions.ts";
import type { HelperCall } from "#bpf-vm/helpers/signature.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import type { Machine } from "#bpf-vm/machine.ts";
import { MapType } from "#bpf-vm/maps/definition.ts";
import { addressOf, REGION_LOW } from "#bpf-vm/memory/memory.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { contextLayout, runLoaded } from "#bpf-vm/run-parser.ts";
import { type Callables, type Executor, runProgram, TRACING_CALLABLES } from "#bpf-vm/run-program.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { helperId } from "#isa/helpers.ts";
import { corpusFor } from "#verify/mutations/corpus.ts";
import { expectValue } from "../support/expect-value.ts";
import { extent } from "../support/extent.ts";
import { call, exit, type Line, op, programOf, symbol } from "./support/assemble.ts";
import { finalMemory } from "./support/final-memory.ts";
import { buildParsers } from "./support/parsers.ts";
import { MAPS, randomProgram } from "./support/random-programs.ts";

type Turn = {
  readonly executor: Executor;
  readonly seed: number;
  readonly budget: number;
  readonly injection: Injection;
  readonly parserId: number;
};

/** The registers at each call of a helper, in halves. */
let seen: number[][] = [];
const WATCHED: Callables = {
  ...TRACING_CALLABLES,
  helpers: new Map(
    [...TRACING_CALLABLES.helpers].map(([id, callee]) => {
      const run = (under: HelperCall) => {
        seen.push(
          Array.from({ length: 22 }, (_, i) => (i % 2 === 0 ? under.low(i / 2) : under.high((i - 1) / 2))),
        );
        return callee.run(under);
      };
      return [id, { ...callee, run }];
    }),
  ),
};

/** Everything that a run comes to. R1 points to 64 bytes that depend on the turn's seed. */
function wholeOutcome(program: LoadedProgram, { executor, seed, ...options }: Turn) {
  seen = [];
  let machine: Machine | undefined;
  const outcome = runProgram(program, WATCHED, { executor, ...options }, (made) => {
    machine = made;
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => (seed + i * 37) & 0xff);
    const image = made.memory.add({ kind: "kernel-buffer", name: "image", size: 64, bytes, access: "none" });
    new DataView(bytes.buffer).setBigUint64(8, addressOf(image.high, REGION_LOW), true);
    const own = bytes.slice();
    const context = made.memory.add({
      kind: "context",
      name: "it",
      size: 64,
      bytes: own,
      access: "read-write",
    });
    return { high: context.high, low: REGION_LOW };
  });
  if (machine === undefined) throw new Error("no machine");
  return { ...outcome, registers: seen, memory: finalMemory(machine) };
}

/** A machine belongs to a program: what no other run has had is new. */
const another = (program: LoadedProgram): LoadedProgram => ({ ...program });

const injection: fc.Arbitrary<Injection> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.integer({ min: 1, max: 3 }).map((failReserve) => ({ failReserve })),
  fc.integer({ min: 1, max: 3 }).map((failProbeCall) => ({ failProbeCall })),
  fc.constantFrom({ noContext: true }, { refuseBuffer: 1 }),
);
const turns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.record({
    executor: fc.constantFrom<Executor>("interpreter", "wasm"),
    seed: fc.nat(255),
    budget: fc.integer({ min: 1, max: 400 }),
    injection,
    parserId: fc.constantFrom(1, 7),
  }),
  { minLength: 2, maxLength: 6 },
);

describe("a machine that is reset comes to what a new one comes to", () => {
  it("whatever programs do, one run after the other", () => {
    const reasons = new Set<string>();
    fc.assert(
      fc.property(randomProgram, turns, (lines, series) => {
        const program = programOf(lines, { maps: MAPS });
        for (const turn of series) {
          const outcome = wholeOutcome(program, turn);
          expect(outcome).toEqual(wholeOutcome(another(program), turn));
          reasons.add(outcome.fault?.reason ?? "none");
        }
      }),
      { numRuns: extent(50, 1000) },
    );
    expect(reasons.size, [...reasons].join()).toBeGreaterThan(6);
  });

  const PLAIN = { budget: 10_000, injection: {}, parserId: 1 };
  /** Runs that use all they can, after each other and between shorter ones. */
  const series: readonly Turn[] = (["interpreter", "wasm"] as const).flatMap((executor) => [
    { ...PLAIN, executor, seed: 1 },
    { ...PLAIN, executor, seed: 0 },
    { ...PLAIN, executor, seed: 1, parserId: 2 },
    { ...PLAIN, executor, seed: 1, injection: { failReserve: 2 } },
    { ...PLAIN, executor, seed: 1, injection: { noContext: true } },
    { ...PLAIN, executor, seed: 1, budget: 20 },
    { ...PLAIN, executor, seed: 0 },
  ]);

  it.each(Object.entries(programs()))("where a program %s", (_title, lines) => {
    const maps = [...MAPS, HASH];
    const program = programOf(lines, {
      maps,
      kfuncs: new Map([[kfuncSlot(lines), "bpf_get_parser_context"]]),
    });
    for (const [i, turn] of series.entries()) {
      expect(wholeOutcome(program, turn), `turn ${i}`).toEqual(wholeOutcome(another(program), turn));
    }
  });
});

const HASH = {
  name: "hash",
  type: MapType.HASH,
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
  flags: 0,
  frozen: false,
};
const helper = (name: string) => call("helper", helperId(name) ?? 0);
const mov = (dst: number, imm: number) => op("mov", { dst, imm });
const stack = (dst: number, at: number) => [op("mov", { dst, src: 10 }), op("add", { dst, imm: at })];

function kfuncSlot(lines: readonly Line[]): number {
  let slot = 0;
  for (const { form } of lines) {
    if (form.does.kind === "call" && form.does.target === "kfunc") return slot;
    slot += form.slots;
  }
  return -1;
}

/** Programs that leave something only where the first byte at R1 is 1, and then look for what another run has left. */
function programs(): Readonly<Record<string, readonly Line[]>> {
  const begin = [op("mov", { dst: 6, src: 1 }), op("ldxb", { dst: 7, src: 6, offset: 0 })];
  const unlessOne = (lines: readonly Line[]) => [
    op("jne", { dst: 7, imm: 1, offset: lines.reduce((slots, { form }) => slots + form.slots, 0) }),
    ...lines,
  ];
  const reserve = [symbol(1, "map-fd", 0), mov(2, 600), mov(3, 0), helper("bpf_ringbuf_reserve")];
  const array = [
    op("stw", { dst: 10, offset: -4, imm: 0 }),
    symbol(1, "map-fd", 1),
    ...stack(2, -4),
    helper("bpf_map_lookup_elem"),
  ];
  const fill = Array.from({ length: 40 }, (_, i) => op("stdw", { dst: 8, offset: 8 * i, imm: -1 }));
  return {
    "writes to a record that it keeps, and reads one that it has not written to": [
      ...begin,
      ...reserve,
      op("jeq", { dst: 0, imm: 0, offset: 41 + 3 }),
      op("mov", { dst: 8, src: 0 }),
      ...unlessOne(fill),
      op("ldxdw", { dst: 0, src: 8, offset: 16 }),
      op("ja", { offset: 1 }),
      mov(0, 0),
      exit,
    ],
    "hands a record over whole that it has written to in another run": [
      ...begin,
      ...reserve,
      op("jeq", { dst: 0, imm: 0, offset: 41 + 8 }),
      op("mov", { dst: 8, src: 0 }),
      ...unlessOne(fill),
      symbol(1, "map-fd", 0),
      op("mov", { dst: 2, src: 8 }),
      mov(3, 320),
      mov(4, 0),
      helper("bpf_ringbuf_output"),
      op("ja", { offset: 1 }),
      mov(0, 0),
      exit,
    ],
    "writes to an array's value": [
      ...begin,
      ...array,
      op("mov", { dst: 8, src: 0 }),
      op("ldxdw", { dst: 9, src: 8, offset: 8 }),
      ...unlessOne([op("stdw", { dst: 8, offset: 8, imm: 77 })]),
      op("mov", { dst: 0, src: 9 }),
      exit,
    ],
    "adds to a hash": [
      ...begin,
      op("stw", { dst: 10, offset: -4, imm: 5 }),
      op("stdw", { dst: 10, offset: -16, imm: 9 }),
      symbol(1, "map-fd", 3),
      ...stack(2, -4),
      helper("bpf_map_lookup_elem"),
      op("mov", { dst: 9, src: 0 }),
      ...unlessOne([
        symbol(1, "map-fd", 3),
        ...stack(2, -4),
        ...stack(3, -16),
        mov(4, 0),
        helper("bpf_map_update_elem"),
      ]),
      op("mov", { dst: 0, src: 9 }),
      exit,
    ],
    "reads beyond the image": [
      ...begin,
      ...unlessOne([
        ...stack(1, -16),
        mov(2, 16),
        op("ldxdw", { dst: 3, src: 6, offset: 8 }),
        op("add", { dst: 3, imm: 60 }),
        helper("bpf_probe_read_kernel"),
      ]),
      mov(0, 0),
      exit,
    ],
    "keeps a parser context and says so": [
      ...begin,
      mov(1, 1),
      call("kfunc", 1),
      op("mov", { dst: 9, src: 0 }),
      ...unlessOne([
        op("sth", { dst: 10, offset: -2, imm: 0x61 }),
        ...stack(1, -2),
        mov(2, 2),
        mov(3, 0),
        helper("bpf_trace_printk"),
      ]),
      op("mov", { dst: 0, src: 9 }),
      exit,
    ],
    "ends inside a callback, and reads its stack": [
      ...begin,
      ...unlessOne([op("stdw", { dst: 10, offset: -8, imm: -1 })]),
      mov(1, 3),
      // Three slots on, past the exit.
      symbol(2, "func", 8),
      op("mov", { dst: 3, src: 7 }),
      mov(4, 0),
      helper("bpf_loop"),
      ...stack(1, -24),
      mov(2, 8),
      exit,
      op("jeq", { dst: 2, imm: 1, offset: 2 }),
      mov(0, 0),
      exit,
      op("stdw", { dst: 10, offset: -8, imm: -2 }),
      op("ldxdw", { dst: 0, src: 10, offset: -16 }),
      exit,
    ],
  };
}

describe.each<Revision>(["v6", "v7"])("the parsers of %s", (revision) => {
  const target = profileBtf(revision);
  const layout = contextLayout(target, revision);
  const loaded = new Map<string, LoadedProgram>();
  beforeAll(async () => {
    const { file } = await buildParsers(revision);
    for (const name of ["uki", "zboot"]) {
      const [program] = expectValue(loadParser(file(`${name}.bpf`), { target })).programs;
      if (program !== undefined) loaded.set(name, program);
    }
  });

  it.each(["uki", "zboot"] as const)("come to the same on hostile images of %s after each other", (name) => {
    const program = loaded.get(name);
    if (program === undefined || layout === undefined) throw new Error(`no ${name}`);
    const all = expectValue(corpusFor(name, revision, undefined));
    const cases = all.filter((_, i) => i % extent(3, 1) === 0);
    const denials: readonly Injection[] = [
      {},
      {},
      { failReserve: 1 },
      { noImage: true },
      { refuseBuffer: 1 },
      { failProbeCall: 3 },
    ];
    for (const [i, { image, name: title }] of cases.entries()) {
      const options = {
        executor: i % 12 === 0 ? "wasm" : "interpreter",
        injection: denials[i % denials.length] ?? {},
        budget: i % 7 === 0 ? 150 : 1_000_000,
      } as const;
      const [reset, fresh] = [program, another(program)].map((one) =>
        runLoaded(one, image(), layout, options),
      );
      expect(reset, title).toEqual(fresh);
    }
  });
});
