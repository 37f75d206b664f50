import { dirname, isAbsolute, join, relative } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { digestFile } from "#files/digest.ts";
import { writeOutput } from "#files/output.ts";
import type { OutputSet } from "#files/output-set.ts";

/**
 * The types that a manifest is made of: an in-toto Statement v1 about the outputs, whose predicate is SLSA Provenance v1.
 *
 * Source: in-toto.io's Statement/v1, slsa.dev's provenance/v1.
 */
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "https://slsa.dev/provenance/v1";
/** What `externalParameters` are here: `command`, and what the command has beside it. */
export const BUILD_TYPE = "urn:kexec-bpf:command:v1";
/** What the certificates of `kexec-bpf prove` are. */
export const PROOF_TYPE = "urn:kexec-bpf:proof:v1";
const BUILDER = "urn:kexec-bpf";

/** Begins the names of files that belong to the program, wherever it is installed: `kexec-bpf:templates/frame.hbs`. */
const OWN_SCHEME = "kexec-bpf:";

/** A file by its absolute path. */
export type ManifestFile = { readonly path: string; readonly sha256: string };

/** Whatever JSON can say. */
export type Parameters = Readonly<Record<string, unknown>>;

export type ManifestRequest = {
  /** Where the manifest will lie, an absolute path: names are relative to its folder. */
  readonly file: string;
  /** The command in its normal form, as one would type it in the manifest's folder. */
  readonly command: readonly string[];
  /** What the command came to: architecture, ABI, sizes, the kernel's identity. */
  readonly parameters: Parameters;
  readonly outputs: readonly ManifestFile[];
  readonly inputs: readonly ManifestFile[];
  /** This program and the tools that it ran, with their versions. */
  readonly tools: Readonly<Record<string, string>>;
  /** The folder that the program is installed in. */
  readonly program: string;
  /** The environment's SOURCE_DATE_EPOCH. Without it the manifest bears no time, and the same build makes the same one. */
  readonly sourceDateEpoch: string | undefined;
};

/**
 * A manifest's text: JSON, with a newline at its end.
 *
 * Errors: `usage` for a SOURCE_DATE_EPOCH that is no number of seconds.
 */
export function manifestFor(request: ManifestRequest): Result<string> {
  const finished = manifestTime(request.sourceDateEpoch);
  if (!finished.ok) return finished;
  const folder = dirname(request.file);
  const describe = ({ path, sha256 }: ManifestFile) => ({
    name: nameOf(path, folder, request.program),
    digest: { sha256 },
  });
  const statement = {
    _type: STATEMENT_TYPE,
    subject: request.outputs.map(describe),
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { command: request.command, ...request.parameters },
        resolvedDependencies: request.inputs.map(describe),
      },
      runDetails: {
        builder: { id: BUILDER, version: request.tools },
        ...(finished.value === undefined ? {} : { metadata: { finishedOn: finished.value } }),
      },
    },
  };
  return ok(`${JSON.stringify(statement, null, 2)}\n`);
}

/**
 * Writes a manifest, alone or as one of a set. Errors: those of `manifestFor`; `file-failed`.
 *
 * @param set what it is put in place with
 */
export async function writeManifest(request: ManifestRequest, set?: OutputSet): Promise<Result<void>> {
  const text = manifestFor(request);
  if (!text.ok) return text;
  const { file } = request;
  return set === undefined ? writeOutput(file, text.value) : set.add({ file, content: text.value });
}

/** Files as a manifest has them. Errors: `file-failed`. */
export async function manifestFiles(paths: readonly string[]): Promise<Result<readonly ManifestFile[]>> {
  const files: ManifestFile[] = [];
  for (const path of paths) {
    const sha256 = await digestFile(path);
    if (!sha256.ok) return sha256;
    files.push({ path, sha256: sha256.value });
  }
  return ok(files);
}

/**
 * How a manifest in `folder` names a file: what is the program's own by its place in there, what has no folder in common with
 * the manifest but the root by its absolute path, all else by a relative one, so that both can be moved together.
 */
export function nameOf(path: string, folder: string, program: string): string {
  const own = relative(program, path);
  if (own.startsWith("templates/")) return `${OWN_SCHEME}${own}`;
  const top = (absolute: string) => absolute.split("/", 2)[1];
  return top(path) === top(folder) ? relative(folder, path) : path;
}

/** The absolute path of what `nameOf` named. */
export function pathOf(name: string, folder: string, program: string): string {
  if (name.startsWith(OWN_SCHEME)) return join(program, name.slice(OWN_SCHEME.length));
  return isAbsolute(name) ? name : join(folder, name);
}

/** Where the manifest of a single output lies. */
export function manifestBeside(output: string): string {
  return `${output}.manifest.json`;
}

/**
 * The time that a manifest bears: undefined for none. Errors: `usage`. Whoever works long before it writes one asks ahead.
 *
 * Source: reproducible-builds.org, SOURCE_DATE_EPOCH specification.
 */
export function manifestTime(epoch: string | undefined): Result<string | undefined> {
  if (epoch === undefined || epoch === "") return ok(undefined);
  if (!/^\d{1,11}$/.test(epoch)) {
    return err({ reason: "usage", detail: `SOURCE_DATE_EPOCH=${epoch} is no number of seconds since 1970` });
  }
  return ok(new Date(Number(epoch) * 1000).toISOString().replace(".000Z", "Z"));
}
