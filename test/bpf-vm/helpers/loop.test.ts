import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadParser } from "#bpf-vm/load-parser.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { runProgram, TRACING_CALLABLES } from "#bpf-vm/run-program.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { helperId } from "#isa/helpers.ts";
import { CLANGS, compile } from "../../formats/btf/clang.ts";
import { expectValue } from "../../support/expect-value.ts";
import { describeUnless } from "../../support/tools.ts";
import { call, exit, type Line, op, run, symbol } from "../support/assemble.ts";
import { BPFTOOL, whyNoBpf } from "../support/kernel.ts";

const mov = (dst: number, imm: number) => op("mov", { dst, imm });
const LOOP = call("helper", helperId("bpf_loop") ?? 0);
const errno = (code: number) => BigInt.asUintN(64, BigInt(-code));

/** R0 = bpf_loop(turns, the function `body`, the stack's pointer, flags); then `after` and the exit. */
function loop(turns: number, body: readonly Line[], { flags = 0, before = [], after = [] }: Around = {}) {
  const rest = [op("mov", { dst: 3, src: 10 }), mov(4, flags), LOOP, ...after, exit];
  return [...before, mov(1, turns), symbol(2, "func", rest.length + 1), ...rest, ...body];
}
type Around = {
  readonly flags?: number;
  readonly before?: readonly Line[];
  readonly after?: readonly Line[];
};

describe("bpf_loop", () => {
  it("takes no turn where none is asked for, and no flags, which count before the turns", () => {
    expect(run(loop(0, [mov(0, 1), exit])).result).toBe(0n);
    expect(run(loop(1, [mov(0, 0), exit], { flags: 1 })).result).toBe(errno(22));
    expect(run(loop((1 << 23) + 1, [mov(0, 0), exit], { flags: 1 })).result).toBe(errno(22));
    expect(run(loop((1 << 23) + 1, [mov(0, 0), exit])).result).toBe(errno(7));
    expect(run(loop(-1, [mov(0, 0), exit])).result).toBe(errno(7));
  });

  it("goes on at 0, ends at 1, and lets the function give nothing else", () => {
    expect(run(loop(9, [mov(0, 0), exit])).result).toBe(9n);
    expect(run(loop(9, [mov(0, 1), exit])).result).toBe(1n);
    for (const [answer, text] of [
      [2, "0x2"],
      [-1, "0xffffffffffffffff"],
    ] as const) {
      expect(run(loop(9, [mov(0, answer), exit])).fault).toMatchObject({
        reason: "bad-argument",
        callee: "bpf_loop",
        detail: `the function of bpf_loop gives ${text}, not 0 or 1`,
      });
    }
  });

  it("may be asked for 8 Mi turns", () => {
    expect(run(loop(1 << 23, [mov(0, 1), exit])).result).toBe(1n);
  });

  it("keeps the caller's R6 to R10, and gives the function nothing but its arguments", () => {
    const body = [...[6, 7, 8, 9].map((register) => mov(register, 99)), mov(0, 0), exit];
    const before = [6, 7, 8, 9].map((register) => mov(register, register));
    const sum = [6, 7, 8, 9].map((src) => op("add", { dst: 0, src }));
    const kept = run(loop(3, body, { before, after: [mov(0, 0), ...sum] }));
    expect(kept.result).toBe(30n);
    for (const register of [0, 3, 4, 5, 6, 7, 8, 9]) {
      const held = [...(register < 6 ? [] : [op("mov", { dst: register, src: 10 })])];
      const peek = [op("ldxb", { dst: 0, src: register, offset: -1 }), mov(0, 0), exit];
      const store = op("stb", { dst: 10, offset: -1, imm: 1 });
      expect(run(loop(1, peek, { before: [store, ...held] })).fault?.reason).toBe("wild");
    }
  });

  /** The main program loops over a function that loops over the next one, so many functions deep. */
  function nested(depth: number): Line[] {
    const one = loop(2, [], { after: [mov(0, 0)] });
    const functions = Array.from({ length: depth }, () => one).flat();
    return [...functions, mov(0, 0), exit];
  }

  it("may be called by its function, eight functions deep with the program itself", () => {
    expect(run(nested(7))).toMatchObject({ fault: undefined, result: 0n });
    expect(run(nested(8)).fault).toMatchObject({ reason: "call-depth", callee: "bpf_loop" });
  });
});

/** Each answers in 32 bits, as BPF_PROG_TEST_RUN tells it. */
const CASES = `
typedef unsigned long long u64; typedef unsigned int u32;
#define SEC(n) __attribute__((section(n), used))
static long (*bpf_loop)(u32, void *, void *, u64) = (void *)181;
char LICENSE[] SEC("license") = "GPL";
struct state { u64 sum, stop, inner; };
static long add(u64 i, struct state *s) { s->sum += i; return i == s->stop; }
static long outer(u64 i, struct state *s) { s->inner += bpf_loop(i, add, s, 0); return 0; }
SEC("syscall") int none(void *c) { struct state s = {}; return bpf_loop(0, add, &s, 0) + s.sum; }
SEC("syscall") int all(void *c) { struct state s = { .stop = 99 }; return bpf_loop(10, add, &s, 0) * 1000 + s.sum; }
SEC("syscall") int some(void *c) { struct state s = { .stop = 4 }; return bpf_loop(10, add, &s, 0) * 1000 + s.sum; }
SEC("syscall") int within(void *c) { struct state s = { .stop = 99 }; return bpf_loop(6, outer, &s, 0) * 10000 + s.inner * 100 + s.sum; }
SEC("syscall") int most(void *c) { struct state s = { .stop = 3 }; return bpf_loop(1 << 23, add, &s, 0); }
SEC("syscall") int more(void *c) { struct state s = {}; return bpf_loop((1 << 23) + 1, add, &s, 0); }
SEC("syscall") int flags(void *c) { struct state s = {}; return bpf_loop((1 << 23) + 1, add, &s, 1); }
`;
const ANSWERS = { none: 0, all: 10045, some: 5010, within: 61520, most: 4, more: -7, flags: -22 };
const target = profileBtf("v7");

function answerOf(program: LoadedProgram): number {
  const both = (["interpreter", "wasm"] as const).map((executor) => {
    const options = { executor, budget: 500_000_000 };
    const { fault, result, coverage, executed } = runProgram(program, TRACING_CALLABLES, options, () => ({
      high: 0,
      low: 0,
    }));
    return { fault, result: Number(BigInt.asIntN(32, result ?? 0n)), coverage, executed };
  });
  expect(both[0]).toEqual(both[1]);
  expect(both[0]?.fault).toBeUndefined();
  return both[0]?.result ?? 0;
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "loop-test-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function answers(bytes: Uint8Array, options: Parameters<typeof loadParser>[1]) {
  const loaded = expectValue(loadParser(bytes, options));
  return loaded.programs;
}

describe.skipIf(CLANGS.length === 0)("bpf_loop in C (skipped where no clang is in PATH)", () => {
  it.each(CLANGS)("of %s comes to the same as an object and as a light skeleton", (clang) => {
    const object = compile(clang, { "main.c": CASES }, "-mcpu=v3");
    const byName = (programs: readonly LoadedProgram[]) =>
      Object.fromEntries(programs.map((program) => [program.name, answerOf(program)]));
    expect(byName(answers(object, { target }))).toEqual(ANSWERS);
    const header = inFolder((folder) => {
      writeFileSync(join(folder, "main.o"), object);
      return execFileSync(BPFTOOL, ["gen", "skeleton", "-L", join(folder, "main.o"), "name", "main_bpf"]);
    });
    const programs = answers(header, { target });
    expect(byName(programs)).toEqual(ANSWERS);
    expect(programs.find(({ name }) => name === "within")?.functions.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["within", "outer", "add"]),
    );
  });
});

/** Programs are pinned in a file system of their own, which no one else sees and which goes away with the shell. */
const IN_KERNEL = `set -e; mount -t bpf bpf pins; "$0" prog loadall main.o pins/loop >&2
for name; do "$0" -j prog run pinned "pins/loop/$name" repeat 0; done`;

describeUnless(whyNoBpf(), "bpf_loop in this machine's kernel", () => {
  it.each(CLANGS)("compiled by %s gives what it gives here", (clang) => {
    const names = Object.keys(ANSWERS);
    const said = inFolder((cwd) => {
      writeFileSync(join(cwd, "main.o"), compile(clang, { "main.c": CASES }, "-mcpu=v3"));
      mkdirSync(join(cwd, "pins"));
      return execFileSync("unshare", ["-m", "sh", "-c", IN_KERNEL, BPFTOOL, ...names], {
        cwd,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    });
    const returned = [...said.matchAll(/"retval": ?(\d+)/g)].map(([, value]) => Number(value) | 0);
    expect(Object.fromEntries(names.map((name, i) => [name, returned[i]]))).toEqual(ANSWERS);
  });
});
