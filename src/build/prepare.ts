import { dirname, join } from "node:path";
import { revisionProfile } from "#abi/revisions.ts";
import { prepareEnvelope } from "#build/prepare/prepare-envelope.ts";
import { prepareSigning } from "#build/prepare/prepare-signing.ts";
import { prepareSizes } from "#build/prepare/prepare-sizes.ts";
import { prepareTypes } from "#build/prepare/prepare-types.ts";
import { PRIVATE } from "#build/state/state.ts";
import { ok, type Result } from "#core/result.ts";
import { makeFolder } from "#files/output.ts";
import { stampOf } from "#files/stamp.ts";
import { templateFiles } from "#generate/parser-source.ts";
import { loadTargets } from "#generate/target.ts";
import { hostArchitecture } from "#kernel-image/architecture.ts";
import type { Places } from "#kernel-image/locate.ts";
import { version } from "#package.json";
import { requireToolchain } from "#toolchain/discover.ts";
import { tellOddities } from "./architectures.ts";
import type { BuildContext } from "./context.ts";
import type { Seen } from "./facts.ts";
import { checkGoals } from "./goals.ts";
import { checkFit, checkNesting, fittingTargets } from "./nesting.ts";
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
    requireToolchain({
      env: options.env,
      cwd: options.cwd,
      signal: options.signal,
      ...definedOnly({ ...request.tools, kernelTree: tree, setupScript: options.setupScript }),
    }),
    prepareTypes(request, places, { ...options, seen }),
    prepareSizes(request, places, { ...options, seen }),
  ]);
  if (!toolchain.ok) return toolchain;
  if (!types.ok) return types;
  if (!sizes.ok) return sizes;
  // Types of another machine are a cross build where nothing else says what is meant.
  const arch = sizes.value.arch ?? types.value.arch ?? hostArchitecture();
  tellOddities(request, types.value, { ...sizes.value, arch }, options);
  const signing = await prepareSigning(request, toolchain.value, options.signal);
  if (!signing.ok) return signing;
  const nesting = checkNesting(targets.value);
  if (!nesting.ok) return nesting;
  const kind = { revision: types.value.abi.revision, arch };
  const fit = checkFit(request.goals, targets.value, kind);
  if (!fit.ok) return fit;
  const fitting = fittingTargets(targets.value, kind);

  const envelope = await prepareEnvelope(request, places, arch, options);
  if (!envelope.ok) return envelope;

  const helperDocs = tree === undefined ? undefined : findHelperDocs(tree);
  const files = new Map<string, readonly string[]>();
  for (const target of fitting.values()) {
    const found = await templateFiles(options.templates, target, types.value.abi.revision);
    if (!found.ok) return found;
    files.set(target.name, found.value);
  }
  return ok({
    plan: {
      out: request.out,
      kernel: {
        vmlinux: types.value.vmlinux,
        image: sizes.value.image,
        initramfs: request.limits.initramfs,
        tree,
        identity: types.value.identity,
        imageRelease: sizes.value.release,
      },
      targetFolders: request.targetFolders,
      program: { version, folder: dirname(options.templates) },
      sourceDateEpoch: options.env["SOURCE_DATE_EPOCH"],
      arch,
      abi: types.value.abi,
      profile: revisionProfile(types.value.abi.revision),
      sizes: sizes.value.sizes,
      targets: fitting,
      templateFiles: files,
      toolchain: toolchain.value,
      types: types.value.source,
      helperDocs,
      bytecodeObject: request.bytecodeObject,
      seedPayloadSize: request.seedPayloadSize,
      signing: request.signing,
      envelope: envelope.value.inputs,
      mayPack: request.envelope !== undefined,
    },
    seen,
    watched: [
      ...types.value.watched,
      ...sizes.value.watched,
      ...envelope.value.watched,
      ...request.targetFolders,
      join(options.templates, "partials"),
      ...(tree === undefined ? [] : [...Object.values(helperDocsIn(tree)), join(tree, "tools/lib/bpf")]),
    ],
  });
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
