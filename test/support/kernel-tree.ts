import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder } from "./folders.ts";
import { amd64Kernel, arm64Image } from "./real-inputs.ts";

export { newFolder };

/** Writes a file, its folders made as needed. */
export function write(file: string, content: string | Uint8Array): string {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content);
  return file;
}

/** Writes an executable shell script. */
export function script(file: string, body: string): string {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return file;
}

export type KernelTree = {
  readonly root: string;
  /** The tree's tools/kexec, where one calls make. */
  readonly kexec: string;
  readonly vmlinux: string;
};

export type KernelTreeOptions = {
  /** Where in a new folder the tree lies. */
  readonly name?: string;
  /** A vmlinux that the test may change, in place of a link to the shared one. */
  readonly ownVmlinux?: boolean;
  /** With tools/lib/bpf, which lacks bpf_helper_defs.h as a kernel tree does. */
  readonly libbpf?: boolean;
};

/** A built kernel source tree, as far as tools/kexec looks at it: arm64 Image, vmlinux with BTF. */
export function kernelTree({
  name = "linux",
  ownVmlinux = false,
  libbpf = false,
}: KernelTreeOptions = {}): KernelTree {
  const root = newFolder(name);
  const vmlinux = join(root, "vmlinux");
  if (ownVmlinux) copyFileSync(amd64Kernel().vmlinux, vmlinux);
  else symlinkSync(amd64Kernel().vmlinux, vmlinux);
  mkdirSync(join(root, "arch/arm64/boot"), { recursive: true });
  symlinkSync(arm64Image(), join(root, "arch/arm64/boot/Image"));
  write(join(root, "tools/include/uapi/linux/bpf.h"), HELPER_DOCS);
  write(join(root, "scripts/bpf_doc.py"), HELPER_SCRIPT);
  if (libbpf) {
    mkdirSync(join(root, "tools/lib/bpf"), { recursive: true });
    for (const header of ["bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h", "bpf_endian.h"]) {
      symlinkSync(join("/usr/include/bpf", header), join(root, "tools/lib/bpf", header));
    }
  }
  const kexec = join(root, "tools/kexec");
  mkdirSync(kexec);
  return { root, kexec, vmlinux };
}

/** The helpers that the parsers call, with their numbers (___BPF_FUNC_MAPPER in the kernel's bpf.h). */
const HELPER_DOCS = `/*
 * 6 long bpf_trace_printk(const char *fmt, __u32 fmt_size, ...)
 * 113 long bpf_probe_read_kernel(void *dst, __u32 size, const void *unsafe_ptr)
 * 131 void *bpf_ringbuf_reserve(void *ringbuf, __u64 size, __u64 flags)
 * 133 void bpf_ringbuf_discard(void *data, __u64 flags)
 * 181 long bpf_loop(__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags)
 */
`;

/** Has the command line of the kernel's script and does the same for the documentation above. */
const HELPER_SCRIPT = `import argparse
import re

parser = argparse.ArgumentParser()
parser.add_argument("--header", action="store_true", required=True)
parser.add_argument("--file", required=True)
arguments = parser.parse_args()
print("/* made by the tree's own bpf_doc.py */")
for line in open(arguments.file):
    helper = re.match(r" \\* (\\d+) (.*?)(bpf_\\w+)(\\(.*\\))$", line)
    if helper:
        number, result, name, parameters = helper.groups()
        print(f"static {result}(* const {name}){parameters} = (void *) {number};")
`;
