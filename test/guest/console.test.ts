import { describe, expect, it } from "vitest";
import { troubleIn, troubleOfTaint } from "#guest/console.ts";

describe("trouble in a kernel's console", () => {
  it.each([
    "[    1.0] Kernel panic - not syncing: Attempted to kill init!",
    "[    1.0] BUG: kernel NULL pointer dereference, address: 0000000000000000",
    "[    1.0] Oops: 0000 [#1] PREEMPT SMP",
    "WARNING: CPU: 0 PID: 1 at kernel/bpf/verifier.c:123 check+0x1/0x2",
    "[    1.0] WARNING: possible circular locking dependency detected",
    "[    1.0] WARNING: inconsistent lock state",
    "[    1.0] general protection fault, probably for non-canonical address",
    "[    1.0] rcu: INFO: rcu_sched self-detected stall on CPU",
    "[    1.0] Out of memory: Killed process 1 (init)",
  ])("is: %s", (line) => {
    expect(troubleIn(`[    0.1] fine\r\n${line}\r\n`)).toEqual([line]);
  });

  it.each([
    "[    0.9] kexec_testbed: loading out-of-tree module taints kernel.",
    "[    0.9] kexec_testbed: module verification failed: signature and/or required key missing - tainting kernel",
    "[    0.1] x86/cpu: SGX disabled",
  ])("is not: %s", (line) => {
    expect(troubleIn(line)).toEqual([]);
  });

  it("is told of by the kernel's taint, but not that a module is foreign", () => {
    expect(troubleOfTaint(4096 | 8192)).toEqual([]);
    expect(troubleOfTaint(4096 | 512)).toEqual(["the kernel is tainted by a warning"]);
    expect(troubleOfTaint(128)).toEqual(["the kernel is tainted by an oops or BUG"]);
  });
});
