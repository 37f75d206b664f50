import { DEFAULT_REVISION, type Revision } from "#abi/revisions.ts";
import { type LoadTarget, loadFor } from "#api/common/load-target.ts";
import type { NamedFile } from "#api/common/named-file.ts";
import { setupScript } from "#api/common/package-root.ts";
import { limitsOf } from "#api/common/parser-limits.ts";
import type { Context } from "#api/context.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { compileParser } from "#build/compile/compile-parser.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { ParserRecord } from "#core/verification.ts";
import { digest } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import { openExpectedStream, openReference } from "#own-formats/open-reference.ts";
import { NO_REFERENCE, type Reference, referenceTitle } from "#verify/references.ts";
import { type ParserUnderTest, parsersUnderTest } from "#verify/subject.ts";
import type { OpenRequest, VerifyRequest } from "./request.ts";

/** One parser file, ready to be judged. */
export type OpenedParser = {
  /** Itself, and the parsers of further layers; each with what a report says of it. */
  readonly subjects: readonly { readonly subject: ParserUnderTest; readonly record: ParserRecord }[];
  /** The file's bytes, where a kernel could be given it with an image: a container of v7. */
  readonly container: Uint8Array | undefined;
  /** As it was loaded: what was compiled, of a source. */
  readonly bytes: Uint8Array;
  /** The files that it comes from, absolute. */
  readonly sources: readonly string[];
};

/** What the outermost parsers are judged by, and the revision of a stream in a file. Undefined: by the names of their sources. */
export type ExpectedBy =
  | { readonly reference: Reference; readonly revision: Revision | undefined; readonly ifUntold?: true }
  | undefined;

/** Opens what the request names. Errors: those of `openReference` and `openExpectedStream`; `usage` for both at once. */
export async function openExpected({
  reference,
  expected,
  images,
}: Pick<VerifyRequest, "reference" | "expected" | "images">): Promise<Result<ExpectedBy>> {
  if (expected !== undefined) {
    if (reference !== undefined)
      return usage("--expected and --reference: a parser is judged by one of them");
    if (images.length === 0) return usage("--expected: say by --image which image it is the stream of");
    return openExpectedStream(expected);
  }
  if (reference === undefined) return ok(undefined);
  const opened = await openReference(reference);
  if (!opened.ok) return opened;
  if (opened.value === NO_REFERENCE && images.length === 0) {
    return usage("--reference none has no images of its own: give some by --image");
  }
  return ok({ reference: opened.value, revision: undefined });
}

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}

/** Reads, or compiles, and loads a parser. */
export async function openUnderTest(
  { name, file }: NamedFile,
  request: OpenRequest,
  target: LoadTarget,
  reference: ExpectedBy,
  context: Context,
): Promise<Result<OpenedParser>> {
  const opened = file.endsWith(".c")
    ? await compiled({ name, file }, request, target, context)
    : await asItIs(file);
  if (!opened.ok) return opened;
  const { bytes, sources } = opened.value;
  const loaded = loadFor(bytes, target);
  if (!loaded.ok) return err(inFile(asFailure(loaded.failure), file));
  const { parser, revision } = loaded.value;
  const { btf } = target;
  if (reference?.revision !== undefined && reference.revision !== revision) {
    const detail = `${name} is made for ${revision}, the expected stream for ${reference.revision}`;
    return err({ reason: "usage", detail });
  }

  const { limits, from } = await limitsOf(file, parser, request, revision);
  const subjects = parsersUnderTest(parser, {
    name,
    revision,
    limits,
    arch: request.arch,
    ...(btf && { target: btf }),
    ...(reference && { [reference.ifUntold ? "otherwise" : "reference"]: reference.reference }),
  });
  if (!subjects.ok) return err(inFile(subjects.failure, file));
  const common = { file: name, sha256: digest(bytes), form: parser.form, limits, limitsFrom: from };
  return ok({
    bytes,
    container: parser.form === "container" && revision === "v7" ? bytes : undefined,
    subjects: subjects.value.map((subject) => ({
      subject,
      record: { ...common, name: subject.name, revision, reference: referenceTitle(subject.reference) },
    })),
    sources,
  });
}

type Opened = { readonly bytes: Uint8Array; readonly sources: readonly string[] };

async function asItIs(file: string): Promise<Result<Opened>> {
  const bytes = await readInput(file);
  return bytes.ok ? ok({ bytes: bytes.value, sources: [file] }) : bytes;
}

async function compiled(
  { name, file }: NamedFile,
  { clang, libbpfHeaders, include, btf }: OpenRequest,
  target: LoadTarget,
  { env, cwd, signal, emit }: Context,
): Promise<Result<Opened>> {
  const kernel = { revision: target.revision ?? DEFAULT_REVISION, btf };
  const made = await compileParser(file, include, kernel, {
    env,
    cwd,
    signal,
    setupScript: setupScript(),
    ...(clang && { clang }),
    ...(libbpfHeaders && { libbpfHeaders }),
  });
  if (!made.ok) return made;
  const { object, warnings, notes, sources } = made.value;
  for (const note of notes) emit({ kind: "note", text: `${name}: ${note}` });
  if (warnings !== "") emit({ kind: "tool-log", tool: "clang", text: warnings });
  return ok({ bytes: object, sources });
}
