import { Errno } from "#bpf-vm/errno.ts";
import type { Callee, HelperCall } from "./signature.ts";

/** The most turns of one bpf_loop (BPF_MAX_LOOPS). */
const MAX_LOOPS = 1 << 23;

/** Source: the kernel's `kernel/bpf/helpers.c` and `bpf_iter.c`. Clocks and random numbers are the same in every run. */
export const MISC_HELPERS: readonly Callee[] = [
  { name: "bpf_ktime_get_ns", arguments: [], run: () => 1_000_000_000 },
  { name: "bpf_ktime_get_boot_ns", arguments: [], run: () => 1_000_000_000 },
  { name: "bpf_get_prandom_u32", arguments: [], run: () => 0x9e3779b9 },
  { name: "bpf_get_smp_processor_id", arguments: [], run: () => 0 },
  { name: "bpf_get_current_pid_tgid", arguments: [], run: () => 1 },
  { name: "bpf_loop", arguments: ["number", "function", "number", "number"], run: loop },
  { name: "bpf_strncmp", arguments: ["bytes-in", "size", "number"], run: compareText },
];

/** Calls a function with 0, 1, … and the context until it says 1; gives how often it did. */
function loop(call: HelperCall): number {
  const turns = call.low(1) >>> 0;
  const context = { high: call.high(3), low: call.low(3) };
  if (call.big(4) !== 0n) return -Errno.EINVAL;
  if (turns > MAX_LOOPS) return -Errno.E2BIG;
  let done = 0;
  while (done < turns) {
    const answer = call.callback(2, done, context);
    done += 1;
    if (answer > 1n) {
      // The verifier wants the range (prepare_func_exit(): "At callback return the register R0 …").
      call.fault("bad-argument", `the function of bpf_loop gives 0x${answer.toString(16)}, not 0 or 1`);
    }
    if (answer === 1n) break;
  }
  return done;
}

/** As `strncmp(s1, s2, size)`; the second text is a constant, which ends with a NUL. */
function compareText(call: HelperCall): number {
  const first = call.bytes(1);
  const room = Math.min(first.length, call.machine.memory.room(call.high(3), call.low(3)));
  const second = room === 0 ? undefined : call.machine.memory.peek(call.high(3), call.low(3), room);
  if (second === undefined) {
    return call.fault("bad-argument", "argument 3 of bpf_strncmp: no text");
  }
  for (const [i, byte] of first.entries()) {
    const other = second[i];
    if (other === undefined) {
      return call.fault("bad-argument", "argument 3 of bpf_strncmp: no NUL");
    }
    if (byte !== other) return byte < other ? -1 : 1;
    if (byte === 0) break;
  }
  return 0;
}
