/** IMAGE_FILE_MACHINE_… of the architectures that kexec-bpf serves (Microsoft, "PE Format", "Machine Types"). */
export const PE_MACHINE = { x86: 0x8664, arm64: 0xaa64, riscv: 0x5064, loongarch: 0x6264 } as const;
