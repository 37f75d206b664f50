import type { Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Target } from "#generate/target.ts";
import type { Architecture } from "#kernel-image/architecture.ts";

/** The parsers of one layer of a container, in the order in which the kernel tries them, and those of the next layer. */
export type ParserLayer = {
  readonly parsers: readonly [Target, ...Target[]];
  readonly nested: ParserLayer | undefined;
};

/** What a target has to be for. */
export type KernelKind = { readonly revision: Revision; readonly arch: Architecture };

/** A parser's place in a container: `.bpf.nested/.bpf.1`. */
export type ContainerPlace = { readonly section: string; readonly target: Target };

/**
 * Follows what targets nest in each other.
 *
 * Errors: `bad-target` for a target that nests one that is not described, or in the end itself, or several of which one
 * nests others: whose images the layer after that is for could not be told.
 */
export function checkNesting(targets: ReadonlyMap<string, Target>): Result<void> {
  for (const target of targets.values()) {
    for (const arch of Object.keys(target.nested)) {
      const detail = nestingFault(targets, target, arch, [target.name]);
      if (detail !== undefined) {
        const { name, file } = target;
        return err({ reason: "bad-target", target: name, detail: `"nested.${arch}": ${detail}`, file });
      }
    }
  }
  return ok(undefined);
}

function nestingFault(
  targets: ReadonlyMap<string, Target>,
  target: Target,
  arch: string,
  chain: readonly string[],
): string | undefined {
  const names = target.nested[arch] ?? [];
  for (const [i, name] of names.entries()) {
    const inner = targets.get(name);
    if (inner === undefined) return `there is no target ${name}`;
    if (chain.includes(name)) return [...chain, name].join(" nests ");
    if (names.indexOf(name) !== i) return `names ${name} twice`;
    if (names.length > 1 && inner.nested[arch] !== undefined) {
      return `${name}, one of several, nests others: only one that is nested alone can`;
    }
    const fault = nestingFault(targets, inner, arch, [...chain, name]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What the container of `target` holds; targets that are not among `targets` are left out. */
export function layersOf(
  target: Target,
  { targets, arch }: { readonly targets: ReadonlyMap<string, Target>; readonly arch: Architecture },
): ParserLayer {
  return layerOf([target], targets, arch);
}

function layerOf(
  parsers: readonly [Target, ...Target[]],
  targets: ReadonlyMap<string, Target>,
  arch: Architecture,
): ParserLayer {
  const names = parsers.flatMap((parser) => parser.nested[arch] ?? []);
  const [first, ...others] = names.flatMap((name) => targets.get(name) ?? []);
  return { parsers, nested: first && layerOf([first, ...others], targets, arch) };
}

/** All parsers of the layers, the outermost first. */
export function placesOf(layer: ParserLayer, above = ""): readonly ContainerPlace[] {
  const own = layer.parsers.map((target, i) => ({ section: `${above}.bpf.${i + 1}`, target }));
  return layer.nested === undefined ? own : [...own, ...placesOf(layer.nested, `${above}.bpf.nested/`)];
}

/** The targets that there is something to build of. */
export function fittingTargets(
  targets: ReadonlyMap<string, Target>,
  { revision, arch }: KernelKind,
): ReadonlyMap<string, Target> {
  return new Map([...targets].filter(([, target]) => misfit(target, revision, arch) === undefined));
}

/**
 * Refuses goals that are targets for other kernels.
 *
 * Errors: `bad-target`.
 */
export function checkFit(
  goals: readonly string[],
  targets: ReadonlyMap<string, Target>,
  { revision, arch }: KernelKind,
): Result<void> {
  for (const goal of goals) {
    const target = targets.get(goal);
    const detail = target && misfit(target, revision, arch);
    if (detail !== undefined) {
      return err({ reason: "bad-target", target: goal, detail, file: target?.file ?? "" });
    }
  }
  return ok(undefined);
}

function misfit(target: Target, revision: Revision, arch: Architecture): string | undefined {
  if (target.body[revision] === undefined) {
    return `is for ${Object.keys(target.body).join(", ")}, not for ${revision}`;
  }
  if (!target.architectures.includes(arch)) {
    return `is for ${target.architectures.join(", ")}, not for ${arch}`;
  }
  return undefined;
}
