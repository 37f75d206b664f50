import { err, ok, type Result } from "#core/result.ts";
import type { FleetKernel } from "./file/fleet-file.ts";

/** A part of a fleet for one machine: the `index`th of `count`, from 1. */
export type Shard = { readonly index: number; readonly count: number };

type Variables = Readonly<Record<string, string | undefined>>;

/** What an engine sets for each of the jobs that it runs side by side. */
type Engine = {
  readonly name: string;
  /** Says that the engine is there. */
  readonly mark: string;
  readonly needs: readonly string[];
  readonly shard: (number: (name: string) => number) => Shard;
};

const ENGINES: readonly Engine[] = [
  {
    name: "Slurm's job array",
    mark: "SLURM_ARRAY_TASK_ID",
    needs: ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_COUNT"],
    shard: (number) => {
      const count = number("SLURM_ARRAY_TASK_COUNT");
      const [id, first, last] = ["ID", "MIN", "MAX"].map((name) => number(`SLURM_ARRAY_TASK_${name}`));
      if (id === undefined || first === undefined || last === undefined) return { index: 0, count };
      const step = count > 1 ? (last - first) / (count - 1) : 1;
      return { index: (id - first) / step + 1, count };
    },
  },
  {
    name: "GitLab's parallel",
    mark: "CI_NODE_INDEX",
    needs: ["CI_NODE_INDEX", "CI_NODE_TOTAL"],
    shard: (number) => ({ index: number("CI_NODE_INDEX"), count: number("CI_NODE_TOTAL") }),
  },
  {
    name: "Buildkite's parallelism",
    mark: "BUILDKITE_PARALLEL_JOB",
    needs: ["BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT"],
    shard: (number) => ({
      index: number("BUILDKITE_PARALLEL_JOB") + 1,
      count: number("BUILDKITE_PARALLEL_JOB_COUNT"),
    }),
  },
  {
    name: "Kubernetes' indexed Job",
    mark: "JOB_COMPLETION_INDEX",
    needs: ["JOB_COMPLETION_INDEX", "KEXEC_BPF_SHARDS"],
    shard: (number) => ({ index: number("JOB_COMPLETION_INDEX") + 1, count: number("KEXEC_BPF_SHARDS") }),
  },
  {
    name: "KEXEC_BPF_SHARD_INDEX (GitHub's strategy.job-index)",
    mark: "KEXEC_BPF_SHARD_INDEX",
    needs: ["KEXEC_BPF_SHARD_INDEX", "KEXEC_BPF_SHARDS"],
    shard: (number) => ({ index: number("KEXEC_BPF_SHARD_INDEX") + 1, count: number("KEXEC_BPF_SHARDS") }),
  },
];

const usage = (detail: string) => err({ reason: "usage", detail } as const);

/** Reads `2/5`, or for `auto` what the engine says that this runs in. Errors: `usage`. */
export function parseShard(text: string, env: Variables): Result<Shard> {
  if (text === "auto") return detectShard(env);
  const [, index, count] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return isShard(shard) ? ok(shard) : usage(`--shard ${text}: I/N with I from 1 to N, or auto`);
}

function detectShard(env: Variables): Result<Shard> {
  const found = ENGINES.filter(({ mark }) => (env[mark] ?? "") !== "");
  const [engine, second] = found;
  if (engine === undefined) {
    return usage(`--shard auto: none of ${ENGINES.map(({ mark }) => mark).join(", ")} is set: give I/N`);
  }
  if (second !== undefined) {
    return usage(`--shard auto: both ${engine.mark} and ${second.mark} are set: give I/N`);
  }
  const missing = engine.needs.find((name) => !/^\d{1,9}$/.test(env[name] ?? ""));
  if (missing !== undefined)
    return usage(`--shard auto: ${engine.name} is there, but ${missing} has no number`);
  const shard = engine.shard((name) => Number(env[name]));
  if (isShard(shard)) return ok(shard);
  const said = engine.needs.map((name) => `${name}=${env[name]}`).join(" ");
  return usage(`--shard auto: ${said} makes no shard: the numbers have to follow each other at one distance`);
}

function isShard({ index, count }: Shard): boolean {
  return Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count;
}

/** Milliseconds that a kernel is taken to need of which no time is known, where no other's is known either. */
const UNKNOWN = 1000;

/**
 * The kernels of each shard. Every machine comes to the same with the same file and times. Kernels with the same types stay together, for
 * they share most of their work; a group that is too large for one shard is split.
 *
 * @param times milliseconds that kernels took before, by name
 */
export function assignShards(
  kernels: readonly FleetKernel[],
  count: number,
  times: ReadonlyMap<string, number>,
): readonly (readonly FleetKernel[])[] {
  const known = kernels.flatMap(({ name }) => times.get(name) ?? []);
  const usual = known.length === 0 ? UNKNOWN : known.reduce((sum, time) => sum + time, 0) / known.length;
  const time = ({ name }: FleetKernel) => times.get(name) ?? usual;
  const sum = (group: readonly FleetKernel[]) => group.reduce((total, kernel) => total + time(kernel), 0);
  const share = sum(kernels) / count;
  const groups = [...groupedByTypes(kernels).values()].flatMap((group) => split(group, time, share));
  const order = groups.map((group) => ({ group, time: sum(group), name: group[0]?.name ?? "" }));
  order.sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1));
  const shards = Array.from({ length: count }, () => ({ kernels: [] as FleetKernel[], time: 0 }));
  for (const { group, time: needed } of order) {
    const least = shards.reduce((best, shard) => (shard.time < best.time ? shard : best));
    least.kernels.push(...group);
    least.time += needed;
  }
  return shards.map((shard) => kernels.filter((kernel) => shard.kernels.includes(kernel)));
}

function groupedByTypes(kernels: readonly FleetKernel[]): ReadonlyMap<string, readonly FleetKernel[]> {
  const groups = new Map<string, FleetKernel[]>();
  for (const kernel of kernels) {
    const key = kernel.btf ?? "";
    groups.set(key, [...(groups.get(key) ?? []), kernel]);
  }
  return groups;
}

/** Pieces of about a share at most. */
function split(
  group: readonly FleetKernel[],
  time: (kernel: FleetKernel) => number,
  share: number,
): readonly (readonly FleetKernel[])[] {
  const pieces: FleetKernel[][] = [];
  let room = 0;
  for (const kernel of group) {
    const last = pieces.at(-1);
    if (last === undefined || room < time(kernel)) {
      pieces.push([kernel]);
      room = share - time(kernel);
    } else {
      last.push(kernel);
      room -= time(kernel);
    }
  }
  return pieces;
}
