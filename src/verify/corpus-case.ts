import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import { err, ok, type Result } from "#core/result.ts";
import { REFERENCES, type ReferenceName } from "./references.ts";

/** What stands beside a corpus image `NAME.img` in `NAME.json`. */
export type CorpusCase = {
  readonly schema: 1;
  readonly reference: ReferenceName;
  readonly revision: Revision;
  /** What is to be denied in a run of its own. */
  readonly injection?: Injection;
  /** What the case is for, in words. */
  readonly why: string;
};

const FLAGS = ["noImage", "noContext"] as const;
const COUNTS = ["refuseBuffer", "failReserve", "failProbeCall", "failProbeSite"] as const;

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
  const [knownReference, knownRevision] = [
    REFERENCES.find((name) => name === reference),
    REVISIONS.find((name) => name === revision),
  ];
  if (schema !== 1) return bad("schema", "must be 1");
  if (knownReference === undefined) return bad("reference", `must be one of ${REFERENCES.join(", ")}`);
  if (knownRevision === undefined) return bad("revision", `must be one of ${REVISIONS.join(", ")}`);
  if (typeof why !== "string") return bad("why", "must be text");
  if (injection !== undefined && !isInjection(injection)) {
    return bad("injection", `has ${FLAGS.join(" or ")} (true) or a number as ${COUNTS.join(", ")}`);
  }
  const common = { schema, reference: knownReference, revision: knownRevision, why } as const;
  return ok(injection === undefined ? common : { ...common, injection });
}

/** Whether a case is one for this subject: the zboot parser of v7 takes envelopes, too. */
export function isFor(
  { reference, revision }: CorpusCase,
  subject: { readonly revision: Revision; readonly reference: ReferenceName | undefined },
): boolean {
  if (revision !== subject.revision) return false;
  const both = [reference, subject.reference];
  return reference === subject.reference || (both.includes("zboot") && both.includes("envelope"));
}

function isInjection(value: unknown): value is Injection {
  if (!isRecord(value)) return false;
  return Object.entries(value).every(([name, count]) =>
    FLAGS.some((known) => known === name)
      ? typeof count === "boolean"
      : COUNTS.some((known) => known === name) && Number.isSafeInteger(count) && Number(count) >= 0,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bad(section: string, detail: string): Result<never> {
  return err({ reason: "malformed", format: "corpus case", section, offset: 0, detail });
}
