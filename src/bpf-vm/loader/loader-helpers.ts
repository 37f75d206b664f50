import { Errno } from "#bpf-vm/errno.ts";
import { byId, TRACING_HELPERS } from "#bpf-vm/helpers/registry.ts";
import type { Callee } from "#bpf-vm/helpers/signature.ts";
import { latin1 } from "#bytes/reader.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { KIND_NAMES } from "#formats/btf/kinds.ts";
import type { KernelObjects } from "./kernel-objects.ts";
import type { SysBpf } from "./sys-bpf.ts";

export type LoaderServices = {
  readonly sys: SysBpf;
  readonly objects: KernelObjects;
  /** The kernel's own BTF. */
  readonly target: Btf;
  /** The kernel's symbols by name; undefined where they are not known. */
  readonly symbols: ReadonlyMap<string, bigint> | undefined;
};

/** The helpers of a program of type SYSCALL, by number. Sources: `kernel/bpf/syscall.c`, `kernel/bpf/btf.c`. */
export function loaderHelpers(services: () => LoaderServices): ReadonlyMap<number, Callee> {
  const own = byId([
    {
      name: "bpf_sys_bpf",
      arguments: ["number", "bytes-in", "size"],
      run: (call) => services().sys.call(call.low(1), call.bytes(2)),
    },
    {
      name: "bpf_sys_close",
      arguments: ["number"],
      run: (call) => (services().objects.close(call.int(1)) ? 0 : -Errno.EBADF),
    },
    {
      name: "bpf_btf_find_by_name_kind",
      arguments: ["bytes-in", "size", "number", "number"],
      run: (call) => {
        const name = nameIn(call.bytes(1));
        if (name === undefined || call.low(4) !== 0) return -Errno.EINVAL;
        const kind = KIND_NAMES[call.low(3)];
        const { sys, target } = services();
        const id = kind === undefined ? undefined : target.find(name, [kind]);
        if (id !== undefined) return id;
        sys.log.push(`the kernel's BTF has no ${kind} ${name}`);
        return -Errno.ENOENT;
      },
    },
    {
      name: "bpf_kallsyms_lookup_name",
      arguments: ["bytes-in", "size", "number", "u64-out"],
      run: (call) => {
        const name = nameIn(call.bytes(1));
        if (name === undefined || call.low(3) !== 0) return -Errno.EINVAL;
        const { symbols } = services();
        if (symbols === undefined) return call.fault("not-modelled", `the address of kernel symbol ${name}`);
        const address = symbols.get(name) ?? 0n;
        const out = call.bytes(4);
        new DataView(out.buffer, out.byteOffset).setBigUint64(0, address, true);
        return address === 0n ? -Errno.ENOENT : 0;
      },
    },
  ]);
  return new Map([...TRACING_HELPERS, ...own]);
}

/** The name in a buffer that must end with its NUL. */
function nameIn(bytes: Uint8Array): string | undefined {
  if (bytes.length <= 1 || bytes.at(-1) !== 0) return undefined;
  return latin1(bytes.subarray(0, bytes.indexOf(0)));
}
