import { dirname, join, resolve } from "node:path";
import { ofEveryPart } from "#abi/parts.ts";
import { DEFAULT_REVISION, type Revision } from "#abi/revisions.ts";
import { type LoadedParser, loadParser } from "#bpf-vm/load-parser.ts";
import { asFailure, type LoadFailure } from "#bpf-vm/loader/failure.ts";
import { loadForRevision, type ParserOfRevision } from "#bpf-vm/own-revision.ts";
import { compileParser } from "#build/compile-parser.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { ParserRecord } from "#core/verification.ts";
import { digest } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { type PartLimits, parseImageSize } from "#generate/image-size.ts";
import { ringLimits } from "#verify/ring-limits.ts";
import { type Subject, subjectsOf } from "#verify/subject.ts";
import type { Io } from "./io.ts";
import { kernelInterface } from "./kernel-types.ts";
import { LARGEST_PARTS } from "./limits.ts";
import { setupScript } from "./package-root.ts";
import type { VerifyRequest } from "./verify-request.ts";

/** One parser file, ready to be judged. */
export type OpenedParser = {
  /** Itself, and the parsers of further layers; each with what a report says of it. */
  readonly subjects: readonly { readonly subject: Subject; readonly record: ParserRecord }[];
  /** The file's bytes, where a kernel could be given it with an image: a container of v7. */
  readonly container: Uint8Array | undefined;
  /** The files that it comes from, absolute. */
  readonly sources: readonly string[];
};

/** The kernel that parsers are loaded for; without a revision each parser's own types tell. */
export type LoadTarget =
  | { readonly revision: Revision; readonly btf: Btf }
  | { readonly revision: Revision | undefined; readonly btf: undefined };

/** Settles the revision. A kernel without the interface gives way to the built-in profile, and the user is told. */
export async function loadTarget({ btf: file, abi }: VerifyRequest, io: Io): Promise<Result<LoadTarget>> {
  if (file === undefined) return ok({ revision: abi, btf: undefined });
  const found = await kernelInterface(file, abi ?? "auto");
  if (!found.ok) return found;
  const { revision, source, btf } = found.value;
  if (source === "target") return ok({ revision, btf });
  io.stderr(`kexec-bpf: ${file} has no kexec image parser interface: the built-in ${revision} is used\n`);
  return ok({ revision, btf: undefined });
}

/** Reads, or compiles, and loads a parser. */
export async function openParser(
  name: string,
  request: VerifyRequest,
  target: LoadTarget,
  io: Io,
): Promise<Result<OpenedParser>> {
  const file = resolve(io.cwd, name);
  const opened = file.endsWith(".c") ? await compiled(name, file, request, target, io) : await asItIs(file);
  if (!opened.ok) return opened;
  const { bytes, sources } = opened.value;
  const loaded = loadFor(bytes, target);
  if (!loaded.ok) return err(inFile(asFailure(loaded.failure), file));
  const { parser, revision } = loaded.value;
  const { btf } = target;

  const { limits, from } = await limitsOf(file, parser, request, revision);
  const subjects = subjectsOf(parser, {
    name,
    revision,
    limits,
    arch: request.arch,
    ...(btf && { target: btf }),
    ...(request.reference && { reference: request.reference }),
  });
  if (!subjects.ok) return err(inFile(subjects.failure, file));
  const common = { file: name, sha256: digest(bytes), form: parser.form, limits, limitsFrom: from };
  return ok({
    container: parser.form === "container" && revision === "v7" ? bytes : undefined,
    subjects: subjects.value.map((subject) => ({
      subject,
      record: { ...common, name: subject.name, revision, reference: subject.reference },
    })),
    sources,
  });
}

/** Loads a parser for the kernel. */
export function loadFor(
  bytes: Uint8Array,
  { revision, btf }: LoadTarget,
): Result<ParserOfRevision, LoadFailure> {
  if (btf === undefined) return loadForRevision(bytes, revision);
  const loaded = loadParser(bytes, { target: btf });
  return loaded.ok ? ok({ parser: loaded.value, revision }) : loaded;
}

type Opened = { readonly bytes: Uint8Array; readonly sources: readonly string[] };

async function asItIs(file: string): Promise<Result<Opened>> {
  const bytes = await readInput(file);
  return bytes.ok ? ok({ bytes: bytes.value, sources: [file] }) : bytes;
}

async function compiled(
  name: string,
  file: string,
  { clang, libbpfHeaders, include, btf }: VerifyRequest,
  target: LoadTarget,
  io: Io,
): Promise<Result<Opened>> {
  const kernel = { revision: target.revision ?? DEFAULT_REVISION, btf };
  const made = await compileParser(file, include, kernel, {
    env: io.env,
    cwd: io.cwd,
    signal: io.signal,
    setupScript: setupScript(),
    ...(clang && { clang }),
    ...(libbpfHeaders && { libbpfHeaders }),
  });
  if (!made.ok) return made;
  const { object, warnings, notes, sources } = made.value;
  for (const note of notes) io.stderr(`kexec-bpf: ${name}: ${note}\n`);
  if (warnings !== "") io.stderr(`${warnings.trimEnd()}\n`);
  return ok({ bytes: object, sources });
}

/** What the records have room for: by the options, else by `image_size.h`, else by the rings. */
export async function limitsOf(
  file: string,
  parser: LoadedParser,
  { limits, include }: Pick<VerifyRequest, "limits" | "include">,
  revision: Revision,
): Promise<{ readonly limits: PartLimits; readonly from: string }> {
  const given = ofEveryPart(limits);
  if (given !== undefined) return { limits: given, from: "options" };
  const folders = [dirname(file), ...(file.endsWith(".c") ? include : [])];
  const base = (await imageSizes(folders)) ?? {
    limits: ringLimits(parser, revision) ?? LARGEST_PARTS,
    from: "ring buffers",
  };
  const own = Object.entries(limits).filter(([, value]) => value !== undefined);
  return {
    limits: { ...base.limits, ...(Object.fromEntries(own) as Partial<PartLimits>) },
    from: own.length === 0 ? base.from : `options, ${base.from}`,
  };
}

async function imageSizes(folders: readonly string[]) {
  for (const folder of folders) {
    const header = await readInput(join(folder, "image_size.h"));
    const limits = header.ok ? parseImageSize(Buffer.from(header.value).toString()) : undefined;
    if (limits !== undefined) return { limits, from: "image_size.h" };
  }
  return undefined;
}
