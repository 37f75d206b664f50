/** IMAGE_FILE_MACHINE_… of the architectures that kexec-bpf serves (Microsoft, "PE Format", "Machine Types"). */
export const PE_MACHINE = { x86: 0x8664, arm64: 0xaa64, riscv: 0x5064, loongarch: 0x6264 } as const;

export type PeArchitecture = keyof typeof PE_MACHINE;

/** The architecture that a PE header's machine field stands for; undefined for one not served. */
export function peArchitecture(machine: number): PeArchitecture | undefined {
  return (Object.keys(PE_MACHINE) as PeArchitecture[]).find((arch) => PE_MACHINE[arch] === machine);
}
