import { basename, dirname, join, relative } from "node:path";
import { hostPaths } from "#api/common/host-paths.ts";
import type { Context } from "#api/context.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { filesBelow } from "#files/folder.ts";
import { writeOutput } from "#files/output.ts";
import { stampOf } from "#files/stamp.ts";
import { readKernelBtf } from "#kernel-image/kernel-btf.ts";
import { type Measured, measureImage } from "#kernel-image/measure.ts";
import { runTool } from "#toolchain/process.ts";
import { unpackRpms } from "./unpack-rpms.ts";

export type InitRequest = {
  readonly folders: readonly string[];
  /** `SUITE` or `SUITE:ARCH`, as Debian names them. */
  readonly debian: readonly string[];
  /** Folders with RPM packages. */
  readonly rpms: readonly string[];
  /** The file to write, absolute. */
  readonly output: string;
  /** Whether one that is there may be replaced. */
  readonly force: boolean;
};

type FoundKernel = {
  readonly name: string;
  readonly image: string;
  readonly btf?: string;
  readonly arch: string;
};

/** Where kernels are looked for, and what their names begin with. */
type Place = { readonly folder: string; readonly prefix: string };

/** As kernels are called in /boot, in packages, and where they are built. */
const IMAGE = /^(?:vmlinu[xz]|Image|bzImage|zImage|kernel)(?:[-.].*)?$/;

/**
 * Writes a FLEET.json of the kernels in folders and packages. One without types is left out, with a note.
 *
 * Errors: `usage` where nothing is named, or the file is there; `input-not-found` where there are no kernels; those of fetching packages.
 */
export async function initFleet(
  request: InitRequest,
  context: Context,
): Promise<Result<{ readonly kernels: number }>> {
  if (!request.force && stampOf(request.output) !== null) {
    return err({ reason: "usage", detail: `${request.output} is there already: --force replaces it` });
  }
  const places = await placesOf(request, context);
  if (!places.ok) return places;
  const kernels: FoundKernel[] = [];
  for (const place of places.value) {
    const found = await kernelsIn(place, context);
    if (!found.ok) return found;
    kernels.push(...found.value);
  }
  if (kernels.length === 0) {
    const tried = places.value.map(({ folder }) => folder);
    return err({
      reason: "input-not-found",
      what: "a kernel with types",
      tried,
      hint: "folders, --deb SUITE or --rpm DIR",
    });
  }
  const written = await writeOutput(request.output, fleetText(kernels, dirname(request.output)));
  return written.ok ? ok({ kernels: kernels.length }) : written;
}

async function placesOf(
  { folders, debian, rpms }: InitRequest,
  context: Context,
): Promise<Result<readonly Place[]>> {
  const places: Place[] = folders.map((folder) => ({ folder, prefix: "" }));
  for (const word of debian) {
    const fetched = await debianKernels(word, context);
    if (!fetched.ok) return fetched;
    places.push(fetched.value);
  }
  for (const folder of rpms) {
    const unpacked = await unpackRpms(folder, context);
    if (!unpacked.ok) return unpacked;
    places.push({ folder: unpacked.value, prefix: "" });
  }
  return ok(places);
}

const HOST: Readonly<Record<string, string>> = { x64: "amd64", loong64: "loong64", riscv64: "riscv64" };

async function debianKernels(word: string, context: Context): Promise<Result<Place>> {
  const [suite = "", arch = HOST[process.arch] ?? process.arch] = word.split(":");
  const around = hostPaths(context);
  const run = await runTool({
    tool: "debian-package",
    file: around.debianPackage,
    args: [suite, arch, `linux-image-${arch}`],
    env: { KEXEC_BPF_CACHE: around.cacheDir },
    signal: context.signal,
  });
  if (!run.ok) return run;
  const folder = Buffer.from(run.value.stdout).toString().trim();
  return ok({ folder, prefix: `${suite}-` });
}

async function kernelsIn(
  { folder, prefix }: Place,
  { emit }: Context,
): Promise<Result<readonly FoundKernel[]>> {
  let files: readonly string[];
  try {
    files = (await filesBelow(folder)).map((name) => join(folder, name));
  } catch (error) {
    return err(fileFailed("read", folder, error));
  }
  const named = files.filter((file) => IMAGE.test(basename(file)));
  const typed = await withTypes(named);
  const kernels: FoundKernel[] = [];
  for (const image of named) {
    const measured = await measureImage(image);
    // Such as a vmlinux, which has a kernel's types and is none to load.
    if (!measured.ok) continue;
    const kernel = found(image, measured.value, typed, kernels, prefix);
    if (kernel === undefined)
      emit({ kind: "note", text: `${image} is left out: no file has its types (BTF)` });
    else kernels.push(kernel);
  }
  return ok(kernels);
}

/** The release that each file with types says. */
async function withTypes(files: readonly string[]): Promise<ReadonlyMap<string, string | undefined>> {
  const typed = new Map<string, string | undefined>();
  for (const file of files) {
    const btf = await readKernelBtf(file);
    if (btf.ok) typed.set(file, btf.value.identity.release);
  }
  return typed;
}

function found(
  image: string,
  { arch, release }: Measured,
  typed: ReadonlyMap<string, string | undefined>,
  before: readonly FoundKernel[],
  prefix: string,
): FoundKernel | undefined {
  const other = [...typed].find(([, own]) => release !== undefined && own === release)?.[0];
  const btf = typed.has(image) ? image : other;
  if (btf === undefined) return undefined;
  const plain = `${prefix}${release ?? basename(image)}`.replaceAll(/[^A-Za-z0-9._+~-]/g, "-");
  const taken = before.filter(({ name }) => name === plain || name.startsWith(`${plain}~`)).length;
  const name = taken === 0 ? plain : `${plain}~${taken + 1}`;
  return { name, image, ...(btf !== image && { btf }), arch };
}

/** Paths of what lies beside or below are relative: the folder may move. */
function fleetText(kernels: readonly FoundKernel[], folder: string): string {
  const near = (path: string) => {
    const name = relative(folder, path);
    return name.startsWith("..") ? path : name;
  };
  const listed = kernels.map(({ name, image, btf, arch }) => ({
    name,
    ...(btf && { btf: near(btf) }),
    image: near(image),
    arch,
  }));
  return `${JSON.stringify({ schema: 1, kernels: listed }, undefined, 2)}\n`;
}
