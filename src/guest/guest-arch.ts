/** What machines are made of, by architecture. */
export type GuestArch = {
  /** As the kernel's ARCH has it. */
  readonly name: "x86" | "arm64" | "riscv";
  /** Debian's word, and the end of the names of its kernel's packages. */
  readonly debian: string;
  readonly flavour: string;
  readonly qemu: "qemu-system-x86_64" | "qemu-system-aarch64" | "qemu-system-riscv64";
  /** QEMU's machine and processor. */
  readonly machine: string;
  readonly processor: string;
  /** The kernel's name of the first serial port. */
  readonly console: string;
  /** The prefix of its compilers. */
  readonly triplet: string;
};

export const GUEST_ARCHS = {
  x86: {
    name: "x86",
    debian: "amd64",
    flavour: "cloud-amd64",
    qemu: "qemu-system-x86_64",
    machine: "pc",
    processor: "max",
    console: "ttyS0",
    triplet: "x86_64-linux-gnu",
  },
  arm64: {
    name: "arm64",
    debian: "arm64",
    flavour: "cloud-arm64",
    qemu: "qemu-system-aarch64",
    machine: "virt",
    // With 52-bit addresses, as `max` has them, Linux 6.12 falls in kexec_load() (trans_pgd_create_copy).
    processor: "cortex-a72",
    console: "ttyAMA0",
    triplet: "aarch64-linux-gnu",
  },
  riscv: {
    name: "riscv",
    debian: "riscv64",
    flavour: "riscv64",
    qemu: "qemu-system-riscv64",
    machine: "virt",
    processor: "max",
    console: "ttyS0",
    triplet: "riscv64-linux-gnu",
  },
} as const satisfies Readonly<Record<string, GuestArch>>;

/** What this machine's own processor is; its guests may be run by KVM. */
export function hostArch(): GuestArch["name"] | undefined {
  return process.arch === "x64" ? "x86" : process.arch === "arm64" ? "arm64" : undefined;
}

/** A tool for the architecture: `aarch64-linux-gnu-gcc`, and plain `gcc` where that is the machine's own. */
export function compilerName(arch: GuestArch, version = ""): string {
  const suffix = version === "" ? "" : `-${version}`;
  return arch.name === hostArch() && version === "" ? "gcc" : `${arch.triplet}-gcc${suffix}`;
}
