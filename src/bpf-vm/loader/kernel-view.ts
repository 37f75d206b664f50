import { Errno } from "#bpf-vm/errno.ts";
import type { Memory } from "#bpf-vm/memory/memory.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { Refusal } from "./failure.ts";
import type { KernelObjects } from "./kernel-objects.ts";

/** What the kernel's side of a system call works on. */
export type KernelView = {
  readonly memory: Memory;
  readonly objects: KernelObjects;
  /** The kernel's own BTF. */
  readonly target: Btf;
  /** Bytes. */
  readonly pageSize: number;
};

/** Bytes that an attribute points to. @throws Refusal (-EFAULT) where they are not there */
export function readKernel(memory: Memory, what: string, address: bigint, size: number): Uint8Array {
  const high = Number(BigInt.asIntN(32, address >> 32n));
  const bytes = memory.peek(high, Number(BigInt.asIntN(32, address)), size);
  if (bytes === undefined) {
    throw new Refusal(Errno.EFAULT, `${what}: ${size} bytes at 0x${address.toString(16)} are not there`);
  }
  return bytes;
}
