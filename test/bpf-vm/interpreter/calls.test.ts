import { describe, expect, it } from "vitest";
import { Covered } from "#bpf-vm/interpreter/coverage.ts";
import { helperId } from "#isa/helpers.ts";
import { call, exit, load64, op, run, symbol } from "../support/assemble.ts";

const LOOP = helperId("bpf_loop") ?? 0;

describe("functions of the program", () => {
  it("give R0 back, keep R6 to R9 and the frame pointer of the caller", () => {
    const { result, fault } = run([
      op("mov", { dst: 6, imm: 40 }),
      op("stdw", { dst: 10, offset: -8, imm: 1 }),
      op("mov", { dst: 1, imm: 1 }),
      call("local", 4),
      op("ldxdw", { dst: 1, src: 10, offset: -8 }),
      op("add", { dst: 0, src: 6 }),
      op("add", { dst: 0, src: 1 }),
      exit,
      op("mov", { dst: 6, imm: 999 }),
      op("stdw", { dst: 10, offset: -8, imm: 999 }),
      op("mov", { dst: 0, src: 1 }),
      exit,
    ]);
    expect(fault).toBeUndefined();
    expect(result).toBe(42n);
  });

  it("may write to the caller's stack through a pointer, and not after it is gone", () => {
    const writeTo1 = [op("stdw", { dst: 1, offset: 0, imm: 7 }), exit];
    const { result } = run([
      op("mov", { dst: 1, src: 10 }),
      op("add", { dst: 1, imm: -8 }),
      call("local", 2),
      op("ldxdw", { dst: 0, src: 10, offset: -8 }),
      exit,
      ...writeTo1,
    ]);
    expect(result).toBe(7n);
    const dangling = run([
      call("local", 2),
      op("ldxdw", { dst: 0, src: 0, offset: -8 }),
      exit,
      op("mov", { dst: 0, src: 10 }),
      exit,
    ]);
    expect(dangling.fault).toMatchObject({
      reason: "use-after-release",
      instruction: 1,
      access: { region: { name: "stack frame 1", offset: 504 } },
    });
  });

  it("begin with nothing on their stack, even where an earlier call left something", () => {
    const { fault } = run([
      op("mov", { dst: 1, imm: 1 }),
      call("local", 3),
      op("mov", { dst: 1, imm: 0 }),
      call("local", 1),
      exit,
      op("jeq", { dst: 1, imm: 0, offset: 1 }),
      op("stdw", { dst: 10, offset: -8, imm: 1 }),
      op("ldxdw", { dst: 0, src: 10, offset: -8 }),
      exit,
    ]);
    expect(fault).toMatchObject({ reason: "uninitialised", instruction: 7 });
  });

  it("go eight deep and no deeper", () => {
    const descend = (depth: number) =>
      run([
        op("mov", { dst: 1, imm: depth }),
        call("local", 1),
        exit,
        op("mov", { dst: 0, imm: 1 }),
        op("sub", { dst: 1, imm: 1 }),
        op("jeq", { dst: 1, imm: 0, offset: 1 }),
        call("local", -4),
        exit,
      ]);
    expect(descend(7).result).toBe(1n);
    expect(descend(8).fault).toMatchObject({ reason: "call-depth", instruction: 6 });
  });

  it("leave nothing usable in R1 to R5 after a call", () => {
    for (let register = 1; register <= 5; register++) {
      const { fault } = run([
        op("mov", { dst: register, src: 10 }),
        op("stdw", { dst: 10, offset: -8, imm: 0 }),
        call("local", 2),
        op("ldxdw", { dst: 0, src: register, offset: -8 }),
        exit,
        exit,
      ]);
      expect(fault).toMatchObject({ reason: "wild", instruction: 3 });
    }
  });
});

describe("bpf_loop", () => {
  const loop = (turns: number, body: ReturnType<typeof op>[]) => [
    op("stdw", { dst: 10, offset: -8, imm: 0 }),
    op("mov", { dst: 1, imm: turns }),
    symbol(2, "func", 7),
    op("mov", { dst: 3, src: 10 }),
    op("add", { dst: 3, imm: -8 }),
    op("mov", { dst: 4, imm: 0 }),
    call("helper", LOOP),
    op("ldxdw", { dst: 6, src: 10, offset: -8 }),
    exit,
    ...body,
  ];
  const addIndex = [
    op("ldxdw", { dst: 3, src: 2, offset: 0 }),
    op("add", { dst: 3, src: 1 }),
    op("stxdw", { dst: 2, src: 3, offset: 0 }),
  ];

  it("calls with 0, 1, … and the context, and says how often", () => {
    const sum = [...loop(5, [...addIndex, op("mov", { dst: 0, imm: 0 }), exit])];
    expect(run(sum).result).toBe(5n);
    sum[8] = op("mov", { dst: 0, src: 6 });
    sum.splice(9, 0, exit);
    // The function moved by one instruction.
    sum[2] = symbol(2, "func", 8);
    expect(run(sum).result).toBe(10n);
  });

  it("stops when the function says 1", () => {
    const body = [
      op("mov", { dst: 0, imm: 0 }),
      op("jlt", { dst: 1, imm: 2, offset: 1 }),
      op("mov", { dst: 0, imm: 1 }),
      exit,
    ];
    expect(run(loop(100, body)).result).toBe(3n);
  });

  it("refuses more than 8 Mi turns, and an address that is no function", () => {
    expect(run(loop((1 << 23) + 1, [exit])).result).toBe(BigInt.asUintN(64, -7n));
    const bad = loop(1, [exit]);
    bad[2] = load64(2, 0x123400000000n);
    expect(run(bad).fault).toMatchObject({ reason: "bad-argument", callee: "bpf_loop", instruction: 7 });
  });

  it("names the instruction of the callback that faults, and ends an endless one", () => {
    expect(run(loop(3, [op("ldxdw", { dst: 0, src: 1, offset: 0 }), exit])).fault).toMatchObject({
      reason: "null",
      instruction: 10,
    });
    const endless = run(loop(3, [op("ja", { offset: -1 })]), { budget: 1000 });
    expect(endless.fault).toMatchObject({ reason: "budget", instruction: 10 });
    expect(endless.executed).toBe(1000);
  });
});

describe("a run", () => {
  it("counts instructions and ends at its budget", () => {
    const lines = [op("mov", { dst: 0, imm: 0 }), op("add", { dst: 0, imm: 1 }), op("ja", { offset: -2 })];
    expect(run(lines, { budget: 100 })).toMatchObject({ executed: 100, fault: { reason: "budget" } });
    expect(run([op("mov", { dst: 0, imm: 0 }), exit], { budget: 2 })).toMatchObject({
      executed: 2,
      fault: undefined,
    });
  });

  it("notes what was executed and which way each jump went", () => {
    const lines = [
      op("mov", { dst: 0, imm: 0 }),
      op("add", { dst: 0, imm: 1 }),
      op("jlt", { dst: 0, imm: 3, offset: -2 }),
      op("jeq", { dst: 0, imm: 3, offset: 1 }),
      op("mov", { dst: 0, imm: 9 }),
      exit,
    ];
    const { coverage } = run(lines);
    expect([...coverage]).toEqual([
      Covered.RUN,
      Covered.RUN,
      Covered.RUN | Covered.TAKEN | Covered.PASSED,
      Covered.RUN | Covered.TAKEN,
      0,
      Covered.RUN,
    ]);
  });

  it("faults at a helper and a kfunc that nobody has, when it gets there", () => {
    expect(run([op("mov", { dst: 0, imm: 0 }), exit, call("helper", 195896080)]).fault).toBeUndefined();
    expect(run([call("helper", 195896080), exit]).fault).toMatchObject({
      reason: "unknown-call",
      detail: "helper 195896080 is none that kernels have",
    });
    // As a weak kfunc that the kernel lacks: it has no name.
    expect(run([call("kfunc", 0), exit])).toMatchObject({
      fault: { reason: "unknown-call", detail: "kfunc 0 is none that kernels have" },
    });
  });

  it("says of what kernels have that it is not modelled, when it gets there", () => {
    const override = helperId("bpf_override_return") ?? 0;
    expect(run([op("mov", { dst: 0, imm: 0 }), exit, call("helper", override)]).fault).toBeUndefined();
    expect(run([call("helper", override), exit])).toMatchObject({
      fault: { reason: "not-modelled", detail: "bpf_override_return is not modelled here" },
    });
    expect(run([call("kfunc", 5), exit], { kfuncs: new Map([[0, "bpf_task_acquire"]]) })).toMatchObject({
      fault: { reason: "not-modelled", detail: "bpf_task_acquire is not modelled here" },
    });
  });

  it("may hold a map of a type that is not modelled, and not use it", () => {
    const perf = {
      name: "events",
      type: 4,
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
      flags: 0,
      frozen: false,
    };
    const hold = [symbol(1, "map-fd", 0), op("stdw", { dst: 10, offset: -8, imm: 0 })];
    const lookup = [
      op("mov", { dst: 2, src: 10 }),
      op("add", { dst: 2, imm: -8 }),
      call("helper", helperId("bpf_map_lookup_elem") ?? 0),
    ];
    expect(run([...hold, op("mov", { dst: 0, imm: 3 }), exit], { maps: [perf] }).result).toBe(3n);
    expect(run([...hold, ...lookup, exit], { maps: [perf] }).fault).toMatchObject({
      reason: "not-modelled",
      callee: "bpf_map_lookup_elem",
      detail: "map events is of type 4, which is not modelled here",
    });
  });

  it("faults where it loads, stores, updates or probes what is not known here", () => {
    const map = { name: ".kconfig", type: 2, keySize: 4, valueSize: 8, maxEntries: 1, flags: 128 };
    const maps = [{ ...map, frozen: true, unknownValues: true }];
    const uses = [
      [op("ldxw", { dst: 0, src: 1, offset: 4 })],
      [op("stw", { dst: 1, offset: 4, imm: 1 })],
      [
        op("mov", { dst: 3, src: 1 }),
        op("mov", { dst: 1, src: 10 }),
        op("add", { dst: 1, imm: -8 }),
        op("mov", { dst: 2, imm: 8 }),
        call("helper", helperId("bpf_probe_read_kernel") ?? 0),
      ],
    ];
    for (const use of uses) {
      const { fault } = run([symbol(1, "map-fd-value", 0), ...use, exit], { maps });
      expect(fault).toMatchObject({ reason: "not-modelled", instruction: use.length + 1 });
    }
  });

  it("reads no register that it has not set", () => {
    expect(run([op("ldxb", { dst: 0, src: 5, offset: 0 }), exit]).fault?.reason).toBe("wild");
  });
});
