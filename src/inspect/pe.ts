import { latin1 } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { codecForZboot } from "#formats/compression/codecs.ts";
import { peCertificates } from "#formats/pe/certificates.ts";
import { type PeFact, peFacts } from "#formats/pe/facts.ts";
import { peArchitecture } from "#formats/pe/machines.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile, PeSection } from "#formats/pe/types.ts";
import { decodeUkiOrAddon } from "#formats/uki/addon.ts";
import { decodeZboot, isZboot } from "#formats/zboot/zboot.ts";
import type { Facts, Field, FilePart } from "./types.ts";

/** Sections whose text is worth showing. */
const TEXTS: ReadonlySet<string> = new Set([".cmdline", ".osrel", ".uname", ".profile"]);

/** Describes a PE file: a zboot image, a UKI, an addon, or none of these. */
export function describePe(bytes: Uint8Array): Result<Facts, Malformed> {
  if (isZboot(bytes)) return describeZboot(bytes);
  const pe = decodePe(bytes);
  if (!pe.ok) return pe;
  const common = peCommon(pe.value);
  const uki = decodeUkiOrAddon(bytes);
  if (uki.ok && uki.value.kind === "uki") {
    const { profiles } = uki.value.uki;
    const named = profiles.map(({ index, id, title }) => `@${index} ${title ?? id ?? ""}`.trim());
    return ok({
      ...common,
      format: "UKI",
      fields: [...common.fields, { name: "profiles", value: named.join(", ") }],
    });
  }
  if (pe.value.sections.some(({ name }) => name === ".linux")) {
    const why = uki.ok ? [] : [`no usable UKI: ${uki.failure.section}, ${uki.failure.detail}`];
    return ok({ ...common, format: "PE with .linux", warnings: [...common.warnings, ...why] });
  }
  return ok({ ...common, format: uki.ok ? "UKI addon" : "PE" });
}

function describeZboot(bytes: Uint8Array): Result<Facts, Malformed> {
  const zboot = decodeZboot(bytes);
  if (!zboot.ok) return zboot;
  const { compression, payloadOffset, payloadSize, linuxPeMagic } = zboot.value;
  const pe = decodePe(bytes);
  const common = pe.ok ? peCommon(pe.value) : undefined;
  const warnings = [
    ...(common?.warnings ?? [`the PE headers do not decode: ${pe.ok ? "" : pe.failure.detail}`]),
    ...(codecForZboot(compression) === undefined ? [`compression ${compression} is not supported`] : []),
    ...(linuxPeMagic ? [] : ["no Linux PE magic at 0x38 (a kernel before 6.2?)"]),
  ];
  return ok({
    format: "zboot",
    fields: [
      { name: "compression", value: compression },
      { name: "payload offset", value: payloadOffset },
      { name: "payload size", value: payloadSize },
      ...(common?.fields ?? []),
    ],
    parts: [...(common?.parts ?? []), { name: "payload", offset: payloadOffset, size: payloadSize }],
    warnings,
  });
}

function peCommon(pe: PeFile): Omit<Facts, "format"> {
  const { optionalHeader } = pe;
  const certificates = pe.certificates;
  const texts = pe.sections.flatMap((section): readonly Field[] =>
    TEXTS.has(section.name) && section.data.length <= MAX_TEXT
      ? [{ name: section.name, value: latin1(section.data).replace(/\0+$/, "").trimEnd() }]
      : [],
  );
  const decoded = peCertificates(pe);
  return {
    fields: [
      { name: "PE", value: pe.format },
      { name: "machine", value: peArchitecture(pe.machine) ?? `0x${pe.machine.toString(16)}` },
      { name: "subsystem", value: optionalHeader.subsystem },
      { name: "SizeOfImage", value: optionalHeader.sizeOfImage },
      {
        name: "alignment",
        value: `${optionalHeader.sectionAlignment} in memory, ${optionalHeader.fileAlignment} in the file`,
      },
      { name: "CheckSum", value: `0x${optionalHeader.checkSum.toString(16)}` },
      { name: "certificates", value: decoded.ok ? decoded.value.length : 0 },
      ...texts,
    ],
    parts: [
      { name: "headers", offset: 0, size: Math.min(optionalHeader.sizeOfHeaders, pe.bytes.length) },
      ...pe.sections.map(sectionPart),
      ...(certificates === undefined
        ? []
        : [{ name: "certificates", offset: certificates.offset, size: certificates.data.length }]),
    ],
    warnings: [
      ...peFacts(pe).map((fact) => factText(fact, pe)),
      ...(decoded.ok ? [] : [`certificate table: ${decoded.failure.detail}`]),
      ...(certificates === undefined
        ? []
        : ["signed: a change to the file, an added section too, invalidates the certificates"]),
    ],
  };
}

/** Bytes of a section that are still shown as text. */
const MAX_TEXT = 4096;

function sectionPart(section: PeSection): FilePart {
  return { name: section.name, offset: section.pointerToRawData, size: section.data.length };
}

function factText(fact: PeFact, pe: PeFile): string {
  const name = (index: number): string => `${pe.sections[index]?.name ?? "?"} (section ${index})`;
  switch (fact.kind) {
    case "file-overlap":
      return `${name(fact.first)} and ${name(fact.second)} share ${fact.size} bytes of the file`;
    case "address-overlap":
      return `${name(fact.first)} and ${name(fact.second)} share ${fact.size} bytes of addresses`;
    case "in-headers":
      return `${name(fact.section)} begins within the headers`;
    case "duplicate":
      return `${fact.sections.length} sections are called ${fact.name}: the first counts`;
    case "padding":
      return `${name(fact.section)} has ${fact.size} bytes of padding${fact.zero ? "" : ", not all zero"}`;
    case "unaligned":
      return `${name(fact.section)} is not aligned in the file`;
    case "overlay":
      return `${fact.size} bytes at offset ${fact.offset} belong to no section`;
    case "certificates-not-last":
      return `${fact.size} bytes stand behind the certificates`;
  }
}
