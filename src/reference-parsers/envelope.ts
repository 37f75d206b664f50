import type { Command } from "#abi/command.ts";
import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";
import type { Failure } from "#core/failure.ts";
import { err, type Result } from "#core/result.ts";
import type { ReferenceInput } from "./input.ts";
import { type FoundPart, type Parts, partOf, streamOf, withoutFlag } from "./parts.ts";
import { zbootPayload } from "./zboot-payload.ts";

const FILE_HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const FEWEST_SECTIONS = 2;
/** SHN_LORESERVE and what is above it is no number of sections. */
const MOST_SECTIONS = 0xfeff;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const PROGBITS = 1;

export function looksLikeElf(image: Uint8Array): boolean {
  return latin1(image.subarray(0, 4)) === "\x7fELF";
}

/**
 * The stream of an ELF envelope (v7): DECOMPRESS/KERNEL of the zboot file in `.kernel`, COPY/INITRD,
 * COPY/CMDLINE.
 *
 *     file header     04 class  05 data  28 u64 e_shoff  3a u16 e_shentsize  3c u16 e_shnum  3e u16 e_shstrndx
 *     section header  00 u32 sh_name  04 u32 sh_type  18 u64 sh_offset  20 u64 sh_size
 *
 * Errors: `malformed` by rule 4 of docs/spec.md, "What a parser emits"; `size-exceeded` for a part larger than its
 * record; `unsupported` in v6.
 *
 * Source: System V gABI, chapter 4.
 */
export function parseEnvelope(input: ReferenceInput): Result<readonly Command[]> {
  if (input.revision === "v6") {
    return err<Failure>({
      reason: "unsupported",
      what: "ELF envelope",
      detail: "revision v6 has none",
    });
  }
  const parts = decoding(() => readParts(input.image));
  return parts.ok ? streamOf(parts.value, withoutFlag("DECOMPRESS"), input) : parts;
}

function readParts(image: Uint8Array): Parts {
  const file = new ByteReader(image, { format: "envelope", section: "file header" });
  const header = file.part("file header", 0, FILE_HEADER_BYTES);
  if (!looksLikeElf(image)) header.fail(0, "no ELF magic");
  if (header.u8(4) !== CLASS_64) header.fail(4, `class ${header.u8(4)}, must be ELF64`);
  if (header.u8(5) !== LITTLE_ENDIAN) header.fail(5, `data ${header.u8(5)}, must be little-endian`);

  const sections = sectionHeaders(file, header);
  const names = nameTable(file, header, sections);
  const found = new Map<string, FoundPart>();
  for (const section of sections.slice(1)) {
    const name = nameOf(section, names);
    if (name !== ".kernel" && name !== ".initrd" && name !== ".cmdline") continue;
    if (found.has(name)) section.fail(0x00, `second section ${name}`);
    if (section.u32(0x04) !== PROGBITS) section.fail(0x04, `${name} has type ${section.u32(0x04)}`);
    const place = { offset: section.u64(0x18), size: section.u64(0x20), offsetAt: 0x18, sizeAt: 0x20 };
    found.set(name, partOf(file, section, place));
  }
  const kernel = found.get(".kernel");
  if (kernel === undefined) return header.fail(0x28, "no section .kernel");
  return {
    kernel: zbootPayload(
      new ByteReader(kernel.bytes, {
        format: "zboot in an envelope",
        section: "DOS header",
        base: kernel.start,
      }),
    ),
    initrd: found.get(".initrd"),
    cmdline: found.get(".cmdline"),
  };
}

/** One reader a header; the table as a whole lies inside the file. */
function sectionHeaders(file: ByteReader, header: ByteReader): readonly ByteReader[] {
  if (header.u16(0x3a) !== SECTION_HEADER_BYTES) header.fail(0x3a, `e_shentsize is ${header.u16(0x3a)}`);
  const count = header.u16(0x3c);
  if (count < FEWEST_SECTIONS || count > MOST_SECTIONS) header.fail(0x3c, `e_shnum is ${count}`);
  const start = header.u64(0x28);
  if (start + BigInt(count * SECTION_HEADER_BYTES) > BigInt(file.length)) {
    header.fail(0x28, `${count} section headers at ${start} of ${file.length}`);
  }
  return Array.from({ length: count }, (_, i) =>
    file.part(`section header ${i}`, Number(start) + i * SECTION_HEADER_BYTES, SECTION_HEADER_BYTES),
  );
}

function nameTable(file: ByteReader, header: ByteReader, sections: readonly ByteReader[]): Uint8Array {
  const index = header.u16(0x3e);
  const section = index === 0 ? undefined : sections[index];
  if (section === undefined) return header.fail(0x3e, `e_shstrndx ${index} of ${sections.length} sections`);
  const place = { offset: section.u64(0x18), size: section.u64(0x20), offsetAt: 0x18, sizeAt: 0x20 };
  const { bytes } = partOf(file, section, place);
  if (bytes.length === 0) section.fail(0x20, "empty section name table");
  if (bytes.at(-1) !== 0) section.fail(0x20, "section name table does not end with a NUL");
  return bytes;
}

/** The whole name, up to its NUL, which the table is known to have. */
function nameOf(section: ByteReader, names: Uint8Array): string {
  const start = section.u32(0x00);
  if (start >= names.length) section.fail(0x00, `sh_name ${start} in a table of ${names.length} bytes`);
  return latin1(names.subarray(start, names.indexOf(0, start)));
}
