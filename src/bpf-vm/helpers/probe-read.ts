import { Errno } from "#bpf-vm/errno.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { helperName } from "#isa/helpers.ts";
import type { Callee, HelperCall } from "./signature.ts";

/**
 * Reads of kernel memory that may fail. Source: `bpf_probe_read_kernel_common` and its neighbours in
 * `kernel/trace/bpf_trace.c`, `mm/maccess.c`.
 *
 * Where any byte cannot be read, the destination is zeroed whole and the answer is -EFAULT; for an address
 * of the lower half, which is user space, it is -ERANGE as on x86 and arm64
 * (`copy_from_kernel_nofault_allowed`). There is no user memory, so reads of it always fail.
 */
export const PROBE_READ_HELPERS: readonly Callee[] = [
  // The old two read kernel memory, too: on no architecture here do the address spaces overlap.
  { name: "bpf_probe_read", arguments: ["bytes-out", "size-or-zero", "number"], run: readKernel },
  {
    name: "bpf_probe_read_kernel",
    arguments: ["bytes-out", "size-or-zero", "number"],
    run: readKernel,
  },
  { name: "bpf_probe_read_str", arguments: ["bytes-out", "size-or-zero", "number"], run: readText },
  {
    name: "bpf_probe_read_kernel_str",
    arguments: ["bytes-out", "size-or-zero", "number"],
    run: readText,
  },
  { name: "bpf_probe_read_user", arguments: ["bytes-out", "size-or-zero", "number"], run: readUser },
  {
    name: "bpf_probe_read_user_str",
    arguments: ["bytes-out", "size-or-zero", "number"],
    run: readUser,
  },
  { name: "bpf_copy_from_user", arguments: ["bytes-out", "size-or-zero", "number"], run: readUser },
];

const NAMES: ReadonlySet<string | undefined> = new Set(PROBE_READ_HELPERS.map(({ name }) => name));

/** The slots of a program's calls of these helpers, in order: what `Injection.failProbeSite` can name. */
export function probeReadSites(program: LoadedProgram): readonly number[] {
  return program.lowered.calls
    .filter(({ target, id }) => target === "helper" && NAMES.has(helperName(id)))
    .map(({ instruction }) => instruction);
}

function readKernel(call: HelperCall): number {
  const size = call.number(2);
  if (call.machine.injector.probeFails(call.instruction)) return refuse(call, Errno.EFAULT);
  if (size === 0) return 0;
  if (call.fill(1, call.high(3), call.low(3))) return 0;
  noteStray(call, size);
  return refuse(call, reasonOf(call));
}

/** Copies up to and with the NUL, at most the size; cuts what is longer. Gives the bytes written. */
function readText(call: HelperCall): number {
  const size = call.number(2);
  if (call.machine.injector.probeFails(call.instruction)) return refuse(call, Errno.EFAULT);
  if (size === 0) return 0;
  const { memory } = call.machine;
  const room = Math.min(size, memory.room(call.high(3), call.low(3)));
  const source = room === 0 ? undefined : memory.peek(call.high(3), call.low(3), room);
  if (source === undefined) return refuse(call, reasonOf(call));
  const end = source.indexOf(0);
  // The text runs out of its memory before it ends, and before the destination does.
  if (end < 0 && room < size) {
    noteStray(call, size);
    return refuse(call, Errno.EFAULT);
  }
  const length = end < 0 ? size : end + 1;
  const target = call.bytes(1);
  target.set(source.subarray(0, length));
  target[length - 1] = 0;
  return length;
}

function readUser(call: HelperCall): number {
  call.machine.injector.probeFails(call.instruction);
  return call.number(2) === 0 ? 0 : refuse(call, Errno.EFAULT);
}

function refuse(call: HelperCall, errno: number): number {
  call.clear(1);
  return -errno;
}

/** Of a read of one of the kernel's buffers that does not lie inside it: it may well succeed elsewhere. */
function noteStray(call: HelperCall, size: number): void {
  const found = call.machine.memory.beside(call.high(3), call.low(3));
  if (found === undefined || found.region.kind !== "kernel-buffer") return;
  const { name, size: regionSize } = found.region;
  const { instruction } = call;
  call.machine.strayReads.push({ region: name, regionSize, offset: found.offset, size, instruction });
}

function reasonOf(call: HelperCall): number {
  return call.high(3) >= 0 ? Errno.ERANGE : Errno.EFAULT;
}
