import { join } from "node:path";
import { hostPaths } from "#api/common/host-paths.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { debianKernel } from "#guest/debian-kernel.ts";
import type { Guest } from "#guest/guest.ts";
import { findQemu } from "#guest/qemu.ts";
import { guestPrograms } from "#guest/testbed.ts";
import { readKernelBtf } from "#kernel-image/kernel-btf.ts";
import { expectValue } from "../support/expect-value.ts";
import { ENV, PATIENCE } from "../support/guest.ts";

const { signal } = new AbortController();
export const AROUND = hostPaths({ env: { ...process.env, ...ENV }, cwd: "/", signal });

/**
 * No kernel at hand has the interface. But what the recorder does is the same at any function that kexec_file_load() calls, once for each
 * file that it is given; this one's first argument is an address, its second, taken for the buffer's size, is 0, as is the lower half of
 * its fourth, taken for the answer.
 */
const STAND_IN = "kernel_read_file";

/** A stock kernel without the testbed, and the function that stands in for `bpf_buffer_parser()`. */
export async function standIn(): Promise<{
  readonly target: number;
  readonly guest: Guest;
  /** The testbed, for a parser that would not be loaded without it. */
  readonly module: Uint8Array | undefined;
}> {
  const qemu = expectValue(await findQemu(AROUND));
  const kernel = expectValue(await debianKernel("bookworm-backports", AROUND));
  const { agent, module } = expectValue(await guestPrograms(kernel, "v6", AROUND));
  const { bytes } = expectValue(await readKernelBtf(join(kernel.headers, "vmlinux")));
  const target = expectValue(decodeBtf(bytes)).find(STAND_IN, ["func"]);
  if (target === undefined) throw new Error(`no ${STAND_IN}()`);
  const guest = {
    ...{ qemu, kernel, timeout: PATIENCE },
    programs: { agent, module: undefined },
  };
  return { target, guest, module };
}
