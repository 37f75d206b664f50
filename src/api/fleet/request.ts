import type { BuildRequest } from "#build/request.ts";
import type { CacheChoice } from "#cache/open-cache.ts";
import type { Shard } from "#fleet/shard.ts";

/** Where the kernels are, and where what is made of them goes; absolute. */
export type FleetPlace = {
  /** FLEET.json. */
  readonly file: string;
  readonly out: string;
};

export type FleetRequest = FleetPlace & {
  /** Globs of names; none for all. */
  readonly only: readonly string[];
  readonly jobs: number;
  /** Whether kernels after one that failed are built. */
  readonly keepGoing: boolean;
  readonly shard: Shard | undefined;
  /** A report with the times that kernels took, by which shards are balanced. */
  readonly times: string | undefined;
  readonly sizeStep: BuildRequest["sizeStep"];
  readonly tools: BuildRequest["tools"];
  readonly cache: CacheChoice | undefined;
  /** Reports of kernel-test. */
  readonly verified: readonly string[];
};
