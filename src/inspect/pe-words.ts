import { unreachable } from "#core/unreachable.ts";
import type { PeFact } from "#formats/pe/facts.ts";

/** An oddity in words; `name` tells what a section is called. */
export function factText(fact: PeFact, name: (section: number) => string): string {
  switch (fact.kind) {
    case "file-overlap":
      return `${name(fact.first)} and ${name(fact.second)} share ${fact.size} bytes of the file`;
    case "address-overlap":
      return `${name(fact.first)} and ${name(fact.second)} share ${fact.size} bytes of addresses`;
    case "in-headers":
      return `${name(fact.section)} begins within the headers`;
    case "duplicate":
      return `${fact.sections.length} sections${ofProfile(fact.profile)} are called ${fact.name}: the first counts`;
    case "padding":
      return `${name(fact.section)} has ${fact.size} bytes of padding${fact.zero ? "" : ", not all zero"}`;
    case "unaligned":
      return `${name(fact.section)} is not aligned in the file`;
    case "beyond-file":
      return `${name(fact.section)} claims ${fact.size} bytes behind the end of the file`;
    case "outside-image":
      return `${name(fact.section)} ends at address 0x${fact.end.toString(16)}, outside of SizeOfImage`;
    case "out-of-order":
      return `${name(fact.section)} has a lower address than the section before it`;
    case "file-alignment":
      return `FileAlignment is ${fact.value}, which the format does not allow`;
    case "gap":
      return `${fact.size} bytes at offset ${fact.offset} lie between the parts and belong to none`;
    case "overlay":
      return `${fact.size} bytes at offset ${fact.offset} belong to no section`;
    case "certificates-unaligned":
      return `the certificate table begins at offset ${fact.offset}, which is not a multiple of 8`;
    case "certificates-not-last":
      return `${fact.size} bytes stand behind the certificates`;
    default:
      return unreachable(fact);
  }
}

function ofProfile(profile: number | undefined): string {
  return profile === undefined ? "" : ` of profile @${profile}`;
}
