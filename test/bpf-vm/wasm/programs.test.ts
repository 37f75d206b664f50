import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Machine } from "#bpf-vm/machine.ts";
import { MapType } from "#bpf-vm/maps/definition.ts";
import { REGION_LOW } from "#bpf-vm/memory/memory.ts";
import { type Executor, runProgram } from "#bpf-vm/run-program.ts";
import { MOST_INSTRUCTIONS } from "#bpf-vm/wasm/execute.ts";
import { helperId } from "#isa/helpers.ts";
import { call, exit, op, programOf, run, runWith, symbol } from "../support/assemble.ts";
import { MAPS, randomProgram, randomSetting } from "../support/random-programs.ts";

const helper = (name: string) => call("helper", helperId(name) ?? 0);
const mov = (dst: number, imm: number) => op("mov", { dst, imm });
const ring = (maxEntries: number) => ({
  name: "ring",
  type: MapType.RINGBUF,
  keySize: 0,
  valueSize: 0,
  maxEntries,
  flags: 0,
  frozen: false,
});
const reserve = (size: number) => [
  symbol(1, "map-fd", 0),
  mov(2, size),
  mov(3, 0),
  helper("bpf_ringbuf_reserve"),
];

describe("a compiled program comes to the same as an interpreted one", () => {
  it("whatever it does: random programs, their memory and coverage", () => {
    const reasons = new Set<string>();
    fc.assert(
      fc.property(randomProgram, fc.integer({ min: 1, max: 400 }), (lines, budget) => {
        const program = programOf(lines, { maps: MAPS });
        const outcome = (executor: Executor) => {
          const { setting, seen } = randomSetting(budget);
          return { ...runWith(executor, program, setting), memory: seen() };
        };
        const interpreted = outcome("interpreter");
        expect(outcome("wasm")).toEqual(interpreted);
        // The second run is in memory that the first one has used.
        expect(outcome("wasm")).toEqual(interpreted);
        reasons.add(interpreted.fault?.reason ?? "none");
      }),
      { numRuns: 600 },
    );
    // Programs that all end in the same way would show nothing.
    expect(reasons.size, [...reasons].join()).toBeGreaterThan(7);
  });

  it("with a loop that has two entries", () => {
    const lines = [
      mov(0, 0),
      mov(2, 7),
      op("jeq", { dst: 2, imm: 7, offset: 1 }),
      op("add", { dst: 0, imm: 1 }),
      op("add", { dst: 0, imm: 100 }),
      op("sub", { dst: 2, imm: 1 }),
      op("jne", { dst: 2, imm: 0, offset: -4 }),
      exit,
    ];
    expect(run(lines)).toMatchObject({ result: 706n, fault: undefined });
  });

  it("with more blocks than are nested", () => {
    const lines = [
      mov(0, 1),
      ...Array<typeof exit>(8000).fill(op("jeq", { dst: 0, imm: 2, offset: 0 })),
      exit,
    ];
    expect(run(lines)).toMatchObject({ result: 1n, executed: 8002 });
  });

  it("where it is too long to be compiled", () => {
    const lines = [...Array<typeof exit>(MOST_INSTRUCTIONS).fill(mov(0, 3)), exit];
    expect(run(lines)).toMatchObject({ result: 3n, executed: MOST_INSTRUCTIONS + 1 });
  });

  it("where a callback begins in the middle of a function", () => {
    const lines = [
      mov(1, 3),
      symbol(2, "func", 6),
      op("add", { dst: 2, imm: 8 }),
      op("mov", { dst: 3, src: 10 }),
      mov(4, 0),
      helper("bpf_loop"),
      exit,
      mov(0, 1),
      mov(0, 0),
      exit,
    ];
    const { result, coverage } = run(lines);
    expect(result).toBe(3n);
    expect([...coverage.slice(8)]).toEqual([0, 1, 1]);
  });

  it("where memory grows while other pointers are in use", () => {
    const far = 3 << 20;
    const lines = [
      op("stdw", { dst: 10, offset: -8, imm: 77 }),
      op("mov", { dst: 7, src: 10 }),
      ...reserve(8),
      op("mov", { dst: 8, src: 0 }),
      op("stdw", { dst: 8, imm: 5 }),
      ...reserve(4 << 20),
      op("mov", { dst: 9, src: 0 }),
      op("stdw", { dst: 9, imm: 1000 }),
      op("ldxdw", { dst: 6, src: 7, offset: -8 }),
      op("add", { dst: 9, imm: far }),
      op("stdw", { dst: 9, imm: 3 }),
      op("ldxdw", { dst: 0, src: 9 }),
      op("sub", { dst: 9, imm: far }),
      ...[7, 8, 9].flatMap((src) => [
        op("ldxdw", { dst: 1, src, offset: src === 7 ? -8 : 0 }),
        op("add", { dst: 0, src: 1 }),
      ]),
      op("add", { dst: 0, src: 6 }),
      exit,
    ];
    expect(run(lines, { maps: [ring(1 << 23)] })).toMatchObject({ result: 1162n, fault: undefined });
  });

  it("with more regions than have descriptors", () => {
    const lines = [
      mov(6, 600),
      mov(7, 0),
      ...reserve(8),
      op("stxdw", { dst: 0, src: 6 }),
      op("ldxdw", { dst: 1, src: 0 }),
      op("add", { dst: 7, src: 1 }),
      op("sub", { dst: 6, imm: 1 }),
      op("jne", { dst: 6, imm: 0, offset: -10 }),
      op("mov", { dst: 0, src: 7 }),
      exit,
    ];
    expect(run(lines, { maps: [ring(1 << 16)] })).toMatchObject({ result: 180300n, fault: undefined });
  });

  it.each([
    ["loads", [op("ldxb", { dst: 1, src: 6 }), op("ldxdw", { dst: 1, src: 7, offset: 5 })]],
    ["stores", [op("stb", { dst: 6, imm: 1 }), op("stdw", { dst: 7, offset: 5, imm: 1 })]],
    [
      "loads of the same register",
      [op("ldxb", { dst: 1, src: 6 }), op("ldxw", { dst: 1, src: 6, offset: 9 })],
    ],
    [
      "stores of the same register",
      [op("stb", { dst: 6, imm: 1 }), op("sth", { dst: 6, offset: 11, imm: 1 })],
    ],
  ])("where %s reach past the end of a region known to be good", (_, accesses) => {
    const lines = [
      op("mov", { dst: 6, src: 1 }),
      op("mov", { dst: 7, src: 1 }),
      mov(0, 0),
      ...accesses,
      exit,
    ];
    const prepare = ({ memory }: Machine) => {
      const bytes = new Uint8Array(12);
      const region = memory.add({ kind: "context", name: "it", size: 12, bytes, access: "read-write" });
      return { high: region.high, low: REGION_LOW };
    };
    expect(run(lines, { prepare }).fault).toMatchObject({ reason: "out-of-bounds", instruction: 4 });
  });

  it("where a pointer to the stack goes on from written bytes to unwritten ones", () => {
    const lines = [
      op("mov", { dst: 6, src: 10 }),
      op("stdw", { dst: 10, offset: -16, imm: 1 }),
      op("stw", { dst: 10, offset: -8, imm: 1 }),
      ...[-16, -16, -8].map((offset) => op("ldxdw", { dst: 0, src: 6, offset })),
      exit,
    ];
    expect(run(lines).fault).toMatchObject({ reason: "uninitialised", instruction: 5 });
  });

  it("where a record is handed over of which stores have left a byte", () => {
    const store = (offset: number) => op("stb", { dst: 6, offset, imm: 1 });
    const hand = (...offsets: number[]) =>
      run(
        [
          ...reserve(4),
          op("mov", { dst: 6, src: 0 }),
          ...offsets.map(store),
          symbol(1, "map-fd", 0),
          op("mov", { dst: 2, src: 6 }),
          mov(3, 4),
          mov(4, 0),
          helper("bpf_ringbuf_output"),
          exit,
        ],
        { maps: [ring(4096)] },
      );
    expect(hand(0, 1, 2, 3).fault).toBeUndefined();
    expect(hand(0, 1, 3).fault).toMatchObject({ reason: "uninitialised", callee: "bpf_ringbuf_output" });
  });

  it("where a pointer goes on from one region to a released one", () => {
    const lines = [
      ...reserve(8),
      op("mov", { dst: 6, src: 0 }),
      op("stdw", { dst: 6, imm: 1 }),
      op("mov", { dst: 1, src: 6 }),
      mov(2, 0),
      helper("bpf_ringbuf_submit"),
      op("ldxdw", { dst: 0, src: 6 }),
      exit,
    ];
    expect(run(lines, { maps: [ring(4096)] }).fault).toMatchObject({
      reason: "use-after-release",
      instruction: 10,
      access: { region: { name: "record 1 of ring" } },
    });
  });

  it("where a helper runs a program itself", () => {
    const inner = programOf([
      op("stdw", { dst: 10, offset: -8, imm: 4 }),
      op("ldxdw", { dst: 0, src: 10, offset: -8 }),
      exit,
    ]);
    const outer = programOf([
      op("stdw", { dst: 10, offset: -8, imm: 38 }),
      call("helper", 1),
      op("ldxdw", { dst: 1, src: 10, offset: -8 }),
      op("add", { dst: 0, src: 1 }),
      exit,
    ]);
    const callee = {
      name: "run_inner",
      arguments: [],
      run: () => Number(runWith("wasm", inner).result),
    };
    const callables = { helpers: new Map([[1, callee]]), kfuncs: new Map() };
    const prepare = () => ({ high: 0, low: REGION_LOW });
    const outcome = (executor: Executor) => runProgram(outer, callables, { executor }, prepare);
    expect(outcome("wasm")).toEqual(outcome("interpreter"));
    expect(outcome("wasm").result).toBe(42n);
  });

  it("where its last instruction is no exit", () => {
    expect(run([mov(0, 0)])).toMatchObject({
      executed: 2,
      fault: { reason: "unsupported", instruction: 1, detail: "the program's end" },
    });
  });
});
