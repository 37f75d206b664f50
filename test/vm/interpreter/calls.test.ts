import { describe, expect, it } from "vitest";
import { helperId } from "#isa/helpers.ts";
import { Covered } from "#vm/interpreter/coverage.ts";
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
      detail: "helper 195896080 is none that this machine has",
    });
    expect(run([call("kfunc", 5), exit], { kfuncs: new Map([[0, "nothing"]]) }).fault?.reason).toBe(
      "unknown-call",
    );
  });

  it("reads no register that it has not set", () => {
    expect(run([op("ldxb", { dst: 0, src: 5, offset: 0 }), exit]).fault?.reason).toBe("wild");
  });
});
