import type { Malformed } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { EM, PT } from "#formats/elf/constants.ts";
import { type Container, decodeContainer } from "#formats/elf/container.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import { decodeEnvelope } from "#formats/envelope/decode.ts";
import { loadPlan } from "#formats/image/load-plan.ts";
import { isLoadedHigh, unfitElf } from "#kernel-image/vmlinux.ts";
import type { Facts, HeaderValue } from "./types.ts";

const MACHINES: Readonly<Record<number, string>> = {
  [EM.X86_64]: "x86",
  [EM.AARCH64]: "arm64",
  [EM.RISCV]: "riscv",
  [EM.LOONGARCH]: "loongarch",
  [EM.BPF]: "bpf",
};

/** Describes an ELF64 file: `.bpf` container, envelope, bytecode object, vmlinux, or another. */
export function describeElf(elf: ElfFile, bytes: Uint8Array): Result<Facts, Malformed> {
  const common = elfCommon(elf);
  if (elf.sections.some(({ name }) => /^\.bpf\./.test(name))) {
    const container = decodeContainer(bytes);
    return ok({
      ...common,
      format: ".bpf container",
      fields: [...common.fields, ...(container.ok ? containerFields(container.value) : [])],
      warnings: container.ok ? [] : [`${container.failure.section}: ${container.failure.detail}`],
    });
  }
  if (elf.sections.some(({ name }) => name === ".kernel")) {
    const envelope = decodeEnvelope(bytes);
    const why = envelope.ok
      ? []
      : [`no usable envelope: ${envelope.failure.section}, ${envelope.failure.detail}`];
    return ok({ ...common, format: "envelope", warnings: why });
  }
  const bytecode = decodeBytecodeObject(bytes);
  if (bytecode.ok) {
    const { data, insns } = bytecode.value;
    const fields: readonly HeaderValue[] = [
      { name: "opts_data", value: data.length },
      { name: "opts_insn", value: insns.length },
    ];
    return ok({ ...common, format: "bytecode object", fields: [...common.fields, ...fields] });
  }
  const form = unfitElf(elf);
  if (form !== undefined) return ok({ ...common, format: form.what.replace(/^an? /, "") });
  return ok(describeVmlinux(elf, common));
}

function elfCommon(elf: ElfFile): Omit<Facts, "format"> {
  const { machine, type, entry, littleEndian } = elf.header;
  return {
    fields: [
      { name: "machine", value: MACHINES[machine] ?? machine },
      { name: "type", value: type },
      { name: "byte order", value: littleEndian ? "little-endian" : "big-endian" },
      { name: "entry", value: hex(entry) },
    ],
    parts: [
      { name: "file header", offset: 0, size: 64 },
      ...elf.sections
        .filter((section) => section.data.length > 0)
        .map((section) => ({ name: section.name, offset: section.offset, size: section.data.length })),
    ],
    warnings: [],
  };
}

function containerFields(container: Container, prefix = ""): readonly HeaderValue[] {
  return [
    ...container.programs.map(({ name, data }) => {
      const bytecode = decodeBytecodeObject(data);
      const value = bytecode.ok
        ? `opts_data ${bytecode.value.data.length} bytes, opts_insn ${bytecode.value.insns.length} bytes`
        : `no bytecode: ${bytecode.failure.detail}`;
      return { name: `${prefix}${name}`, value };
    }),
    ...(container.nested === undefined ? [] : containerFields(container.nested, `${prefix}.bpf.nested/`)),
  ];
}

/** With the load plan of an arm64 kernel; of others, their segments. */
function describeVmlinux(elf: ElfFile, common: Omit<Facts, "format">): Facts {
  const plan = loadPlan(elf);
  if (plan.ok) {
    const { header, segments, textOffset, memorySize } = plan.value;
    const fields: readonly HeaderValue[] = [
      { name: "text offset", value: hex(textOffset) },
      { name: "page size", value: header.pageSize ?? "unspecified" },
      { name: "kernel's byte order", value: header.bigEndian ? "big-endian" : "little-endian" },
      { name: "placement", value: header.anywhere ? "anywhere in memory" : "near the start of memory" },
      { name: "memory", value: Number(memorySize) },
      ...segments.map((segment) => ({
        name: `PT_LOAD ${segment.index}`,
        value: `to +${hex(segment.offsetFromFirst)}: ${segment.data.length} bytes, ${segment.memorySize} in memory, aligned to ${hex(segment.alignment)}`,
      })),
    ];
    return { ...common, format: "vmlinux", fields: [...common.fields, ...fields] };
  }
  const segments = elf.programHeaders.flatMap((header, index): readonly HeaderValue[] =>
    header.type === PT.LOAD
      ? [
          {
            name: `PT_LOAD ${index}`,
            value: `to ${hex(header.physicalAddress)}: ${header.fileSize} bytes, ${header.memorySize} in memory, aligned to ${hex(header.alignment)}`,
          },
        ]
      : [],
  );
  const kernel = isLoadedHigh(elf);
  return {
    ...common,
    format: kernel ? "vmlinux" : "program",
    fields: [...common.fields, ...segments],
    warnings: kernel && elf.header.machine === EM.AARCH64 ? [`no load plan: ${plan.failure.detail}`] : [],
  };
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
