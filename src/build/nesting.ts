import { err, ok, type Result } from "#core/result.ts";
import type { Target } from "#generate/target.ts";

/**
 * Follows what targets nest in each other.
 *
 * Errors: `bad-target` for a target that nests one that is not described, or in the end itself.
 */
export function checkNesting(targets: ReadonlyMap<string, Target>): Result<void> {
  for (const target of targets.values()) {
    for (const arch of Object.keys(target.nested)) {
      const detail = nestingFault(targets, target, arch);
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
  outermost: Target,
  arch: string,
): string | undefined {
  const chain = [outermost.name];
  for (let name = outermost.nested[arch]; name !== undefined; name = targets.get(name)?.nested[arch]) {
    if (!targets.has(name)) return `there is no target ${name}`;
    if (chain.includes(name)) return `${[...chain, name].join(" nests ")}`;
    chain.push(name);
  }
  return undefined;
}
