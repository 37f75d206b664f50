import { Errno } from "#bpf-vm/errno.ts";
import { latin1 } from "#bytes/reader.ts";
import { formatPrintk } from "./printk.ts";
import type { Callee, HelperCall } from "./signature.ts";

/** Source: the kernel's `kernel/trace/bpf_trace.c` and `kernel/bpf/helpers.c`. */
export const TRACE_HELPERS: readonly Callee[] = [
  {
    name: "bpf_trace_printk",
    arguments: ["bytes-in", "size", "number", "number", "number"],
    run: (call) => print(call, [call.big(3), call.big(4), call.big(5)]),
  },
  {
    name: "bpf_trace_vprintk",
    arguments: ["bytes-in", "size", "bytes-in", "size-or-zero"],
    run: (call) => print(call, valuesOf(call.bytes(3))),
  },
];

function print(call: HelperCall, values: readonly bigint[]): number {
  const bytes = call.bytes(1);
  const end = bytes.indexOf(0);
  const text =
    end < 0 ? undefined : formatPrintk(latin1(bytes.subarray(0, end)), values, call.machine.memory);
  if (text === undefined) return -Errno.EINVAL;
  call.machine.trace.push(text.replace(/\n$/, ""));
  call.machine.lastPrintk = { instruction: call.instruction, high: call.high(1), low: call.low(1) };
  return text.length;
}

function valuesOf(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => view.getBigUint64(8 * i, true));
}
