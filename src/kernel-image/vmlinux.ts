import { EM, ET, PT } from "#formats/elf/constants.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import { type RecognisedForm, SERVED } from "./forms.ts";

const KERNEL_MACHINES: readonly number[] = [EM.X86_64, EM.AARCH64, EM.RISCV, EM.LOONGARCH];

/** An ELF file without linux_banner (init/version.c), which every vmlinux has. */
export const WITHOUT_BANNER: RecognisedForm = no("a program", 'nothing in it says "Linux version …"');

/** What an ELF file is that is no vmlinux; undefined where it may be one: headers do not tell a program from a kernel. */
export function unfitElf(elf: ElfFile): RecognisedForm | undefined {
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
  return undefined;
}

function no(what: string, why = "it is not a kernel"): RecognisedForm {
  return { what, detail: `${why}; --raw takes it nevertheless` };
}

const UPPER_HALF = 1n << 63n;

/** Whether an ELF file is loaded where kernels are, and no program can be: in the upper half of the addresses. */
export function isLoadedHigh(elf: ElfFile): boolean {
  return elf.programHeaders.some(
    ({ type, virtualAddress }) => type === PT.LOAD && virtualAddress >= UPPER_HALF,
  );
}
