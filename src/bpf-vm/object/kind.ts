import { Errno } from "#bpf-vm/errno.ts";
import { Refusal } from "#bpf-vm/loader/failure.ts";
import type { Btf } from "#formats/btf/btf.ts";

/** What a section's name makes of its programs. Numbers as in `include/uapi/linux/bpf.h`. */
type Kind = {
  /** `enum bpf_prog_type`. */
  readonly type: number;
  /** `enum bpf_attach_type`, as far as the attach target depends on it. */
  readonly attachType: number;
};

/** By the section's first word: the kind, and what stands before the name of its target in the kernel's BTF. */
const ATTACHED: Readonly<
  Record<string, Kind & { readonly prefix: string; readonly target: "func" | "typedef" }>
> = {
  tp_btf: { type: 26, attachType: 23, prefix: "btf_trace_", target: "typedef" },
  fentry: { type: 26, attachType: 24, prefix: "", target: "func" },
  fexit: { type: 26, attachType: 25, prefix: "", target: "func" },
  fmod_ret: { type: 26, attachType: 26, prefix: "", target: "func" },
  iter: { type: 26, attachType: 28, prefix: "bpf_iter_", target: "func" },
  lsm: { type: 29, attachType: 27, prefix: "bpf_lsm_", target: "func" },
};

/** Types of programs that are attached to nothing of the kernel's BTF. */
const TYPES: Readonly<Record<string, number>> = {
  socket: 1,
  kprobe: 2,
  kretprobe: 2,
  uprobe: 2,
  uretprobe: 2,
  ksyscall: 2,
  kretsyscall: 2,
  usdt: 2,
  tc: 3,
  tcx: 3,
  classifier: 3,
  tp: 5,
  tracepoint: 5,
  xdp: 6,
  perf_event: 7,
  raw_tp: 17,
  raw_tracepoint: 17,
  syscall: 31,
};

/**
 * The kind of a section's programs, and the kernel's BTF id of their attach target, 0 where they have none. A section that is not
 * known has type 0, as `struct_ops` has, whose programs are attached by their map. Source: libbpf's `section_defs`.
 *
 * @throws Refusal (-ENOENT) where the kernel has not got the target
 */
export function kindOf(section: string, target: Btf): Kind & { readonly attachId: number } {
  const [, word = "", name] = /^([a-z_]+)(?:\.s)?(?:\/(\w+))?/.exec(section) ?? [];
  const attached = Object.hasOwn(ATTACHED, word) ? ATTACHED[word] : undefined;
  if (attached === undefined || name === undefined) {
    const type = attached?.type ?? (Object.hasOwn(TYPES, word) ? TYPES[word] : undefined);
    return { type: type ?? 0, attachType: attached?.attachType ?? 0, attachId: 0 };
  }
  const { type, attachType, prefix } = attached;
  const attachId = target.find(prefix + name, [attached.target]);
  if (attachId === undefined) {
    const what = attached.target === "func" ? "function" : "tracepoint";
    throw new Refusal(Errno.ENOENT, `the kernel's BTF has no ${what} ${name}`);
  }
  return { type, attachType, attachId };
}
