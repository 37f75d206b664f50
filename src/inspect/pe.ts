import { latin1 } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { codecForZboot } from "#formats/compression/codecs.ts";
import { peCertificates } from "#formats/pe/certificates.ts";
import { coffSymbols, longSectionNames } from "#formats/pe/coff-symbols.ts";
import { peFacts } from "#formats/pe/facts.ts";

import { peArchitecture } from "#formats/pe/machines.ts";
import { decodePe, isPe } from "#formats/pe/pe-file.ts";
import type { PeFile, PeSection } from "#formats/pe/types.ts";
import { decodeUkiOrAddon } from "#formats/uki/addon.ts";
import { decodeZboot, isZboot } from "#formats/zboot/zboot.ts";
import { kernelBeside } from "#kernel-image/forms.ts";
import { factText } from "./pe-words.ts";
import type { Facts, FilePart, HeaderValue } from "./types.ts";

/** Sections whose text is worth showing. */
const TEXTS: ReadonlySet<string> = new Set([".cmdline", ".osrel", ".uname", ".profile"]);

/** Describes a PE file: a zboot image, a UKI, an addon, or none of these. */
export function describePe(bytes: Uint8Array): Result<Facts, Malformed> {
  if (isZboot(bytes)) return describeZboot(bytes);
  const pe = decodePe(bytes);
  if (!pe.ok) return pe;
  const common = peCommon(pe.value);
  const beside = kernelBeside(pe.value);
  if (beside !== undefined) {
    const words = `${beside.what}: ${beside.detail}`;
    return ok({ ...common, format: "lanzaboote stub", warnings: [...common.warnings, words] });
  }
  const uki = decodeUkiOrAddon(bytes);
  if (uki.ok && uki.value.kind === "uki") {
    const { profiles } = uki.value.uki;
    const named = profiles.map(({ index, id, title }) => `@${index} ${title ?? id ?? ""}`.trim());
    return ok({
      ...common,
      format: "UKI",
      fields: [...common.fields, { name: "profiles", value: named.join(", ") }],
      warnings: [...common.warnings, ...ukiWarnings(pe.value)],
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
  const long = longSectionNames(pe);
  const nameOf = ({ index, name }: PeSection): string => long.get(index) ?? name;
  const signing = peSigning(pe);
  const symbols = coffSymbols(pe);
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
      ...signing.fields,
      ...texts(pe),
    ],
    parts: [
      { name: "headers", offset: 0, size: Math.min(optionalHeader.sizeOfHeaders, pe.bytes.length) },
      ...pe.sections.map((section) => sectionPart(section, nameOf(section))),
      ...(symbols === undefined
        ? []
        : [{ name: "COFF symbols", offset: symbols.offset, size: symbols.size }]),
      ...signing.parts,
    ],
    warnings: [...peWarnings(pe, nameOf), ...signing.warnings],
  };
}

function peWarnings(pe: PeFile, nameOf: (section: PeSection) => string): readonly string[] {
  const name = (index: number): string => {
    const section = pe.sections[index];
    return `${section === undefined ? "?" : nameOf(section)} (section ${index})`;
  };
  return peFacts(pe).map((fact) => factText(fact, name));
}

/** What a PE file's certificates come to, whatever kind of kernel it is. */
export function peSigning(pe: PeFile): Omit<Facts, "format"> {
  const { certificates } = pe;
  const decoded = peCertificates(pe);
  const fields = [{ name: "certificates", value: decoded.ok ? decoded.value.length : 0 }];
  if (certificates === undefined) return { fields, parts: [], warnings: [] };
  return {
    fields,
    parts: [{ name: "certificates", offset: certificates.offset, size: certificates.data.length }],
    warnings: [
      ...(decoded.ok ? [] : [`certificate table: ${decoded.failure.detail}`]),
      "signed: a change to the file, an added section too, invalidates the certificates",
    ],
  };
}

/** Texts of the base under their names, those of a profile with its number. */
function texts(pe: PeFile): readonly HeaderValue[] {
  let profile = -1;
  return pe.sections.flatMap((section): readonly HeaderValue[] => {
    const { name, data } = section;
    if (name === ".profile") profile += 1;
    if (!TEXTS.has(name) || data.length > MAX_TEXT) return [];
    const value = latin1(data).replace(/\0+$/, "").trimEnd();
    return [{ name: profile < 0 ? name : `${name} @${profile}`, value }];
  });
}

/** Sections of a UKI that its stub uses and that kexec has no place for. */
const NOT_HANDED_ON = [".ucode", ".dtb", ".dtbauto", ".efifw"];

function ukiWarnings(pe: PeFile): readonly string[] {
  const left = NOT_HANDED_ON.filter((name) =>
    pe.sections.some((section) => section.name === name && section.data.length > 0),
  );
  return [
    ...(left.length === 0 ? [] : [`no parser hands on ${left.join(", ")}`]),
    ...pe.sections.filter(({ name }) => name === ".linux").flatMap(ofKernel),
  ];
}

/** The signature of a kernel in a UKI is found, and holds, only where its certificates end with the section. */
function ofKernel({ data, index }: PeSection): readonly string[] {
  if (!isPe(data)) return [];
  const kernel = `.linux (section ${index})`;
  const pe = decodePe(data);
  if (!pe.ok)
    return [`the PE headers in ${kernel} do not decode: ${pe.failure.section}, ${pe.failure.detail}`];
  const { certificates } = pe.value;
  if (certificates === undefined) return [];
  const behind = data.length - certificates.offset - certificates.data.length;
  return behind === 0
    ? []
    : [`the certificates of the kernel in ${kernel} are not at its end: ${behind} bytes follow`];
}

/** Bytes of a section that are still shown as text. */
const MAX_TEXT = 4096;

function sectionPart(section: PeSection, name: string): FilePart {
  return { name, offset: section.pointerToRawData, size: section.data.length };
}
