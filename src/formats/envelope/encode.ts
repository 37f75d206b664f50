import { alignUp } from "#bytes/align.ts";
import { ByteWriter } from "#bytes/writer.ts";
import { ELF64_HEADER_SIZE, ELF64_SECTION_HEADER_SIZE, ET, SHF, SHT } from "#formats/elf/constants.ts";
import { stringTable } from "#formats/elf/encode.ts";
import { ENVELOPE_SECTIONS } from "./types.ts";

const NAMES = stringTable([...ENVELOPE_SECTIONS, ".shstrtab"]);
/** The null section, the three parts, the names. */
const SECTIONS = 5;
const ALIGNMENT = 8;

export type EnvelopeLayoutInput = {
  /** EM_AARCH64, …: e_machine. */
  readonly machine: number;
  /** Bytes. */
  readonly kernelSize: number;
  /** Bytes; 0 for an envelope without an initrd, whose section is then empty. */
  readonly initrdSize: number;
  /** Without its NUL, which is added; undefined for an empty section. One byte a character (Latin-1 of UTF-8 bytes), no NUL. */
  readonly cmdline: Uint8Array | undefined;
};

/** An envelope around a kernel and an initrd that nobody needs to hold in memory: head, kernel, initrd, tail. */
export type EnvelopeLayout = {
  /** File header and section headers: 384 bytes. */
  readonly head: Uint8Array;
  /** Where the kernel begins: straight behind the head, so that nothing stands inside or before what is signed. */
  readonly kernelOffset: number;
  /** Straight behind the kernel. */
  readonly initrdOffset: number;
  /** Padding, command line, padding, section names. */
  readonly tail: Uint8Array;
  readonly tailOffset: number;
  readonly cmdlineOffset: number;
  /** Size of the whole file. */
  readonly size: number;
};

/**
 * Lays out the ELF envelope of the series' v7: file header, five section headers, `.kernel` at 384, `.initrd` straight behind
 * it, zeros to a multiple of 8, `.cmdline` with its NUL, zeros to a multiple of 8, the 36 bytes of `.shstrtab`. e_type is ET_EXEC.
 *
 * @throws on an empty kernel and on a command line with a NUL inside, which no parser would hand on whole
 *
 * Source: the builder in the series' v7, 13/13; docs/spec.md.
 */
export function layoutEnvelope(input: EnvelopeLayoutInput): EnvelopeLayout {
  const { kernelSize, initrdSize, cmdline } = input;
  if (kernelSize === 0) throw new RangeError("an envelope without a kernel");
  if (cmdline?.includes(0)) throw new RangeError("a command line with a NUL inside");
  const kernelOffset = ELF64_HEADER_SIZE + SECTIONS * ELF64_SECTION_HEADER_SIZE;
  const initrdOffset = kernelOffset + kernelSize;
  const tailOffset = initrdOffset + initrdSize;
  const cmdlineOffset = alignUp(tailOffset, ALIGNMENT);
  const cmdlineSize = cmdline === undefined ? 0 : cmdline.length + 1;
  const namesOffset = alignUp(cmdlineOffset + cmdlineSize, ALIGNMENT);
  const size = namesOffset + NAMES.bytes.length;

  const head = new ByteWriter(kernelOffset);
  writeFileHeader(head, input.machine);
  const places = [
    [kernelOffset, kernelSize],
    [initrdOffset, initrdSize],
    [cmdlineOffset, cmdlineSize],
  ] as const;
  places.forEach(([offset, length], i) => {
    writeSection(head, i + 1, SHT.PROGBITS, Number(SHF.ALLOC), offset, length);
  });
  writeSection(head, SECTIONS - 1, SHT.STRTAB, 0, namesOffset, NAMES.bytes.length);

  const tail = new ByteWriter(size - tailOffset);
  if (cmdline !== undefined) tail.put(cmdlineOffset - tailOffset, cmdline);
  tail.put(namesOffset - tailOffset, NAMES.bytes);
  return { head: head.bytes, kernelOffset, initrdOffset, tail: tail.bytes, tailOffset, cmdlineOffset, size };
}

/** The envelope as one piece; see `layoutEnvelope`. */
export function encodeEnvelope(input: {
  readonly machine: number;
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly cmdline?: Uint8Array;
}): Uint8Array {
  const initrd = input.initrd ?? new Uint8Array(0);
  const layout = layoutEnvelope({
    machine: input.machine,
    kernelSize: input.kernel.length,
    initrdSize: initrd.length,
    cmdline: input.cmdline,
  });
  return new ByteWriter(layout.size)
    .put(0, layout.head)
    .put(layout.kernelOffset, input.kernel)
    .put(layout.initrdOffset, initrd)
    .put(layout.tailOffset, layout.tail).bytes;
}

function writeFileHeader(head: ByteWriter, machine: number): void {
  head
    .put(0, Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1))
    .u16(0x10, ET.EXEC)
    .u16(0x12, machine)
    .u32(0x14, 1)
    .u64(0x28, ELF64_HEADER_SIZE)
    .u16(0x34, ELF64_HEADER_SIZE)
    .u16(0x3a, ELF64_SECTION_HEADER_SIZE)
    .u16(0x3c, SECTIONS)
    .u16(0x3e, SECTIONS - 1);
}

function writeSection(
  head: ByteWriter,
  index: number,
  type: number,
  flags: number,
  offset: number,
  size: number,
): void {
  const at = ELF64_HEADER_SIZE + index * ELF64_SECTION_HEADER_SIZE;
  head
    .u32(at, NAMES.offsets[index - 1] ?? 0)
    .u32(at + 0x04, type)
    .u64(at + 0x08, flags)
    .u64(at + 0x18, offset)
    .u64(at + 0x20, size)
    .u64(at + 0x30, 1);
}
