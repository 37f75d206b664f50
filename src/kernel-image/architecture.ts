import type { Btf } from "#formats/btf/btf.ts";
import { EM } from "#formats/elf/constants.ts";

/** Names as the kernel's ARCH variable has them; all of them are little-endian, 64-bit. */
export const ARCHITECTURES = ["arm64", "riscv", "loongarch", "x86"] as const;

export type Architecture = (typeof ARCHITECTURES)[number];

/** What other programs call the same: `uname -m`, Node's `process.arch`, Debian. */
const ALIASES: ReadonlyMap<string, Architecture> = new Map([
  ["aarch64", "arm64"],
  ["riscv64", "riscv"],
  ["loong64", "loongarch"],
  ["loongarch64", "loongarch"],
  ["x64", "x86"],
  ["x86_64", "x86"],
  ["amd64", "x86"],
]);

/** The architecture called `name`, by ARCH's name or another's. */
export function parseArchitecture(name: string): Architecture | undefined {
  return ARCHITECTURES.find((arch) => arch === name) ?? ALIASES.get(name);
}

/** This machine's own. Where it is none of them, x86, whose parsers nest nothing. */
export function hostArchitecture(): Architecture {
  return parseArchitecture(process.arch) ?? "x86";
}

/** `e_machine` of objects for the architecture. */
export const MACHINES: Readonly<Record<Architecture, number>> = {
  arm64: EM.AARCH64,
  riscv: EM.RISCV,
  loongarch: EM.LOONGARCH,
  x86: EM.X86_64,
};

/** What clang's `--target` takes for the architecture. */
export const TRIPLES: Readonly<Record<Architecture, string>> = {
  arm64: "aarch64-linux-gnu",
  riscv: "riscv64-linux-gnu",
  loongarch: "loongarch64-linux-gnu",
  x86: "x86_64-linux-gnu",
};

/**
 * Structs of the kernel that one architecture alone has. RISC-V's and LoongArch's are members of its `struct thread_struct`
 * (arch/ARCH/include/asm/processor.h), so that no configuration is without.
 */
const OWN_STRUCTS: Readonly<Record<Architecture, string>> = {
  arm64: "cpuinfo_arm64",
  riscv: "__riscv_d_ext_state",
  loongarch: "loongarch_fpu",
  x86: "cpuinfo_x86",
};

/** The architecture that a kernel's types are of; undefined where they do not say. */
export function btfArchitecture(btf: Btf): Architecture | undefined {
  const found = ARCHITECTURES.filter((arch) => btf.find(OWN_STRUCTS[arch], ["struct"]) !== undefined);
  return found.length === 1 ? found[0] : undefined;
}
