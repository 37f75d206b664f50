import { dirname, join } from "node:path";
import { revisionProfile } from "#abi/revisions.ts";
import { prepareEnvelope } from "#build/prepare/prepare-envelope.ts";
import { prepareSigning } from "#build/prepare/prepare-signing.ts";
import { type PreparedSizes, prepareSizes } from "#build/prepare/prepare-sizes.ts";
import { chooseTargets, templateFilesOf } from "#build/prepare/prepare-targets.ts";
import { type PreparedTypes, prepareTypes } from "#build/prepare/prepare-types.ts";
import { PRIVATE } from "#build/state/state.ts";
import { ok, type Result } from "#core/result.ts";
import { makeFolder } from "#files/output.ts";
import { stampOf } from "#files/stamp.ts";
import { loadTargets, type Target } from "#generate/target.ts";
import { hostArchitecture } from "#kernel-image/architecture.ts";
import type { Places } from "#kernel-image/locate.ts";
import { version } from "#package.json";
import { requireToolchain } from "#toolchain/discover.ts";
import type { Toolchain } from "#toolchain/toolchain.ts";
import { tellOddities } from "./architectures.ts";
import type { BuildContext } from "./context.ts";
import type { Seen } from "./facts.ts";
import { checkGoals } from "./goals.ts";
import { kernelHeaders } from "./kernel-headers/open.ts";
import type { Plan } from "./plan.ts";
import type { BuildRequest } from "./request.ts";

export type Prepared = {
  readonly plan: Plan;
  /** Paths that decided something without being an input of a rule: looked at, passed over, measured. */
  readonly watched: readonly string[];
  /** Stamps of what was read, at that time. */
  readonly seen: Seen;
};

/** Finds out everything that the rules need: tools, the kernel's BTF and ABI, sizes, targets. */
export async function prepare(request: BuildRequest, options: BuildContext): Promise<Result<Prepared>> {
  const targets = await loadTargets([options.templates, ...request.targetFolders]);
  if (!targets.ok) return targets;
  const goals = checkGoals(request, targets.value);
  if (!goals.ok) return goals;
  const folder = await makeFolder(join(request.out, PRIVATE));
  if (!folder.ok) return folder;
  const { tree, kbuildOutput } = request.kernel;
  const places: Places = { out: request.out, tree, kbuildOutput };
  const seen: Seen = new Map();
  const [toolchain, types, sizes] = await Promise.all([
    findTools(request, options),
    prepareTypes(request, places, { ...options, seen }),
    prepareSizes(request, places, formatsOf(request.goals, targets.value), { ...options, seen }),
  ]);
  if (!toolchain.ok) return toolchain;
  if (!types.ok) return types;
  if (!sizes.ok) return sizes;
  // Types of another machine are a cross build where nothing else says what is meant.
  const arch = sizes.value.arch ?? types.value.arch ?? hostArchitecture();
  tellOddities(request, types.value, { ...sizes.value, arch }, options);
  const signing = await prepareSigning(request, toolchain.value, options.signal);
  if (!signing.ok) return signing;
  const { revision } = types.value.abi;
  const chosen = chooseTargets(request.goals, targets.value, { revision, arch });
  if (!chosen.ok) return chosen;
  const envelope = await prepareEnvelope(request, places, arch, options);
  if (!envelope.ok) return envelope;
  const files = await templateFilesOf(chosen.value, options.templates, revision);
  if (!files.ok) return files;
  return ok({
    plan: {
      ...asRequested(request),
      prover: request.prove === true ? options.prover : undefined,
      kernel: kernelOf(request, types.value, sizes.value),
      program: { version, folder: dirname(options.templates) },
      sourceDateEpoch: options.env["SOURCE_DATE_EPOCH"],
      arch,
      abi: types.value.abi,
      profile: revisionProfile(revision),
      sizes: sizes.value.sizes,
      targets: chosen.value,
      templateFiles: files.value,
      toolchain: toolchain.value,
      types: types.value.source,
      headers: { maker: options.sharing.headers ?? kernelHeaders(options.env), emit: options.emit },
      helperDocs: tree === undefined ? undefined : findHelperDocs(tree),
      envelope: envelope.value.inputs,
    },
    seen,
    watched: [
      ...[types, sizes, envelope].flatMap(({ value }) => value.watched),
      ...request.targetFolders.flatMap((folder) => [folder, join(folder, "partials")]),
      join(options.templates, "partials"),
      ...(tree === undefined ? [] : [...Object.values(helperDocsIn(tree)), join(tree, "tools/lib/bpf")]),
    ],
  });
}

/** The modules that know the formats of the targets that are asked for. */
function formatsOf(goals: readonly string[], targets: ReadonlyMap<string, Target>): readonly string[] {
  const asked = goals.includes("all")
    ? [...targets.values()]
    : goals.flatMap((goal) => targets.get(goal) ?? []);
  return [...new Set(asked.flatMap(({ reference }) => reference ?? []))];
}

function findTools(
  { tools, kernel }: BuildRequest,
  { env, cwd, signal, setupScript }: BuildContext,
): Promise<Result<Toolchain>> {
  const given = definedOnly({ ...tools, kernelTree: kernel.tree, setupScript });
  return requireToolchain({ env, cwd, signal, ...given });
}

/** What goes from the request into the plan as it is. */
function asRequested({
  out,
  targetFolders,
  bytecodeObject,
  seedPayloadSize,
  signing,
  envelope,
}: BuildRequest) {
  return { out, targetFolders, bytecodeObject, seedPayloadSize, signing, mayPack: envelope !== undefined };
}

function kernelOf(
  { kernel, limits }: BuildRequest,
  { vmlinux, identity }: PreparedTypes,
  { image, release }: PreparedSizes,
): Plan["kernel"] {
  return {
    vmlinux,
    image,
    initramfs: limits.initramfs,
    tree: kernel.tree,
    identity,
    imageRelease: release,
  };
}

function helperDocsIn(tree: string): NonNullable<Plan["helperDocs"]> {
  return { header: join(tree, "tools/include/uapi/linux/bpf.h"), script: join(tree, "scripts/bpf_doc.py") };
}

function findHelperDocs(tree: string): Plan["helperDocs"] {
  const docs = helperDocsIn(tree);
  return Object.values(docs).every((file) => stampOf(file) !== null) ? docs : undefined;
}

/** Without the members that are undefined: an option that is not given is not there. */
function definedOnly<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
