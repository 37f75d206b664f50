import type { Revision } from "#abi/revisions.ts";
import type { Reference } from "#verify/references.ts";
import { envelope } from "./envelope.ts";
import { plain } from "./plain.ts";
import type { Specification } from "./specification.ts";
import { uki } from "./uki.ts";
import { zbootFile, zbootOrEnvelope } from "./zboot.ts";

/** What a parser with this reference does when it is correct; undefined where it is the user's own, or there is none. */
export function specificationFor(
  reference: Reference,
  revision: Revision,
  arch: string | undefined,
): Specification | undefined {
  switch (reference) {
    case "zboot":
      return revision === "v6" ? zbootFile() : zbootOrEnvelope();
    case "envelope":
      return envelope();
    case "uki":
      return uki(revision);
    case "plain":
      return plain(arch);
    default:
      return undefined;
  }
}
