import { commandTitle } from "#abi/command.ts";
import { decodeKbs } from "#abi/kbs.ts";
import { latin1 } from "#bytes/reader.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { decodeBzImage, isBzImage } from "#formats/bzimage/bzimage.ts";
import { detectCodec, detectFileCodec } from "#formats/compression/codecs.ts";
import { isElf } from "#formats/elf/header.ts";
import { decodeImage } from "#formats/image/image.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile } from "#formats/pe/types.ts";
import { describeLightSkeleton } from "./light-skeleton.ts";
import { peSigning } from "./pe.ts";
import type { Facts, FilePart } from "./types.ts";

/** What other first bytes mean; nothing of it is a kernel image. */
const OTHERS: readonly (readonly [string, RegExp])[] = [
  ["cpio archive (an uncompressed initramfs)", /^07070[12]/],
  ["shell script", /^#!/],
  ["ar archive (a Debian package?)", /^!<arch>\n/],
  ["zip archive", /^PK/],
  ["XZ-compressed data without a whole header", /^\xfd7zXZ/],
];

/** Describes what is neither ELF nor plain PE. Undefined: nothing here knows the file. */
export function describeOther(bytes: Uint8Array): Facts | undefined {
  return (
    describeImage(bytes) ??
    describeBtf(bytes) ??
    describeKbs(bytes) ??
    describeCompressed(bytes) ??
    describeLightSkeleton(bytes)
  );
}

/** An x86 or an uncompressed kernel image; these have PE headers too, which say less. */
export function describeImage(bytes: Uint8Array): Facts | undefined {
  const facts = isBzImage(bytes) ? describeBzImage(bytes) : describeFlat(bytes);
  if (facts === undefined) return undefined;
  const pe = decodePe(bytes);
  if (!pe.ok) return facts;
  const { fields, parts, warnings } = peSigning(pe.value);
  return {
    ...facts,
    fields: [...facts.fields, ...fields],
    parts: [...facts.parts.map((part) => before(part, pe.value.certificates)), ...parts],
    warnings: [...facts.warnings, ...warnings],
  };
}

/** The kernel ends where its certificates begin. */
function before(part: FilePart, certificates: PeFile["certificates"]): FilePart {
  if (certificates === undefined || part.offset > certificates.offset) return part;
  return { ...part, size: Math.min(part.size, certificates.offset - part.offset) };
}

function describeFlat(bytes: Uint8Array): Facts | undefined {
  const image = decodeImage(bytes);
  if (!image.ok) return undefined;
  const fields = Object.entries(image.value).map(([name, value]) => ({
    name,
    value: typeof value === "bigint" ? `0x${value.toString(16)}` : (value ?? "unspecified"),
  }));
  return {
    format: `${image.value.arch} Image`,
    fields,
    parts: [
      { name: "header", offset: 0, size: 64 },
      { name: "kernel", offset: 64, size: bytes.length - 64 },
    ],
    warnings: [],
  };
}

function describeBzImage(bytes: Uint8Array): Facts {
  const decoded = decodeBzImage(bytes);
  if (!decoded.ok) {
    return {
      format: "bzImage",
      fields: [],
      parts: [],
      warnings: [`the setup header does not decode: ${decoded.failure.detail}`],
    };
  }
  const { version, setupSectors, payload, payloadOffset, uncompressedSize, kernelVersion } = decoded.value;
  const codec = detectCodec(payload);
  const elf = isElf(payload);
  const setup = (setupSectors + 1) * 512;
  return {
    format: "bzImage",
    fields: [
      { name: "boot protocol", value: `${version >> 8}.${version & 0xff}` },
      ...(kernelVersion === undefined ? [] : [{ name: "kernel", value: kernelVersion }]),
      { name: "compression", value: codec?.name ?? (elf ? "none, an ELF file" : "unknown") },
      ...(uncompressedSize === undefined ? [] : [{ name: "uncompressed size", value: uncompressedSize }]),
    ],
    parts: [
      { name: "setup", offset: 0, size: setup },
      { name: "protected mode", offset: setup, size: Math.max(0, bytes.length - setup) },
      { name: "payload", offset: payloadOffset, size: payload.length },
    ],
    warnings: codec === undefined && !elf ? ["the payload's compression is not supported"] : [],
  };
}

function describeBtf(bytes: Uint8Array): Facts | undefined {
  if (bytes[0] !== 0x9f && bytes[0] !== 0xeb) return undefined;
  const btf = decodeBtf(bytes);
  if (!btf.ok) return undefined;
  return {
    format: "BTF",
    fields: [
      { name: "types", value: btf.value.typeCount - 1 },
      { name: "byte order", value: btf.value.littleEndian ? "little-endian" : "big-endian" },
    ],
    parts: [],
    warnings: [],
  };
}

function describeKbs(bytes: Uint8Array): Facts | undefined {
  const stream = decodeKbs(bytes);
  if (!stream.ok) return undefined;
  return {
    format: "command stream (.kbs)",
    fields: [
      { name: "revision", value: stream.value.revision },
      ...stream.value.commands.map((command, index) => ({
        name: `command ${index}`,
        value: `${commandTitle(command)}, ${command.payload.length} bytes`,
      })),
    ],
    parts: [],
    warnings: [],
  };
}

function describeCompressed(bytes: Uint8Array): Facts | undefined {
  const codec = detectFileCodec(bytes);
  if (codec === undefined) return undefined;
  return {
    format: `${codec.name} stream`,
    fields: [],
    parts: [{ name: "stream", offset: 0, size: bytes.length }],
    warnings: [],
  };
}

/** A name for what is no kernel file at all. */
export function nameOther(bytes: Uint8Array): string {
  if (bytes.length === 0) return "empty file";
  const head = latin1(bytes.subarray(0, 512));
  const known = OTHERS.find(([, pattern]) => pattern.test(head));
  if (known !== undefined) return known[0];
  return /^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(head) ? "text" : "data of an unknown format";
}
