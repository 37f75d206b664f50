import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import { isRecord } from "#core/is-record.ts";
import { err, ok, type Result } from "#core/result.ts";
import { NO_REFERENCE, type Reference, referenceTitle } from "./references.ts";

/** What stands beside a corpus image `NAME.img` in `NAME.json`. */
export type CorpusCase = {
  readonly schema: 1;
  /** The name of a reference: a built-in one, or one of the user's own. */
  readonly reference: string;
  readonly revision: Revision;
  /** What is to be denied in a run of its own. */
  readonly injection?: Injection;
  /** What the case is for, in words. */
  readonly why: string;
};

const FLAGS = ["noImage", "noContext"] as const;
const COUNTS = ["refuseBuffer", "failReserve", "failProbeCall", "failProbeSite"] as const;
const LISTS = ["failReserves", "failProbeSites"] as const;

/** Reads a case's description. Errors: `malformed`, naming the member. */
export function parseCase(text: string): Result<CorpusCase> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return bad("text", error.message);
  }
  if (!isRecord(value)) return bad("text", "an object is expected");
  const { schema, reference, revision, injection, why } = value as Record<keyof CorpusCase, unknown>;
  const knownRevision = REVISIONS.find((name) => name === revision);
  if (schema !== 1) return bad("schema", "must be 1");
  if (typeof reference !== "string" || !/^[a-z][a-z0-9_-]*$/.test(reference)) {
    return bad("reference", "must name a reference: zboot, uki, one of your own");
  }
  if (knownRevision === undefined) return bad("revision", `must be one of ${REVISIONS.join(", ")}`);
  if (typeof why !== "string") return bad("why", "must be text");
  if (injection !== undefined && !isInjection(injection)) {
    return bad(
      "injection",
      `has ${FLAGS.join(" or ")} (true) or a number as ${COUNTS.join(", ")} or a list of them as ${LISTS.join(", ")}`,
    );
  }
  const common = { schema, reference, revision: knownRevision, why } as const;
  return ok(injection === undefined ? common : { ...common, injection });
}

/**
 * Whether a case is one for this subject: the zboot parser of v7 takes envelopes, too. A parser without a reference can be shown
 * those of all.
 */
export function isFor(
  { reference, revision }: CorpusCase,
  subject: { readonly revision: Revision; readonly reference: Reference | undefined },
): boolean {
  if (revision !== subject.revision) return false;
  if (subject.reference === NO_REFERENCE) return true;
  if (typeof subject.reference === "object" && subject.reference.ofEveryCase) return true;
  const own = subject.reference && referenceTitle(subject.reference);
  const both = [reference, own];
  return reference === own || (both.includes("zboot") && both.includes("envelope"));
}

function isInjection(value: unknown): value is Injection {
  if (!isRecord(value)) return false;
  return Object.entries(value).every(([name, count]) => {
    if (FLAGS.some((known) => known === name)) return typeof count === "boolean";
    if (LISTS.some((known) => known === name)) return Array.isArray(count) && count.every(isCount);
    return COUNTS.some((known) => known === name) && isCount(count);
  });
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function bad(section: string, detail: string): Result<never> {
  return err({ reason: "malformed", format: "corpus case", section, offset: 0, detail });
}
