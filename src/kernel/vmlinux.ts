import { EM, ET, PT } from "#formats/elf/constants.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import { type Form, SERVED } from "./forms.ts";
import { releaseIn } from "./identity.ts";

const KERNEL_MACHINES: readonly number[] = [EM.X86_64, EM.AARCH64, EM.RISCV, EM.LOONGARCH];

/** What an ELF file is that is no vmlinux; undefined where it is one. */
export function notVmlinux(elf: ElfFile): Form | undefined {
  const { type, machine } = elf.header;
  if (machine === EM.BPF) return no("a BPF object");
  if (type === ET.CORE) return no("a core dump");
  if (type === ET.REL) {
    const module = elf.section(".gnu.linkonce.this_module") ?? elf.section(".modinfo");
    return no(module === undefined ? "an object file" : "a kernel module");
  }
  if (type !== ET.EXEC && type !== ET.DYN) return no(`an ELF file of type ${type}`);
  if (!KERNEL_MACHINES.includes(machine))
    return { what: `an ELF file for machine ${machine}`, detail: SERVED };
  if (!elf.programHeaders.some((header) => header.type === PT.LOAD))
    return no("an ELF file with nothing to load");
  // Every vmlinux has linux_banner (init/version.c).
  if (releaseIn(elf.bytes) === undefined) return no("a program", 'nothing in it says "Linux version …"');
  return undefined;
}

function no(what: string, why = "it is not a kernel"): Form {
  return { what, detail: `${why}; --raw takes it nevertheless` };
}
