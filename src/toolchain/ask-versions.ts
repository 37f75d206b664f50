import { isRecord } from "#core/is-record.ts";
import { chooseTool, type ToolKind } from "./choose.ts";
import { openProbeCache } from "./probe-cache.ts";
import { findExecutable } from "./search-path.ts";

/** A tool of which any version will do. */
export type AnyVersionTool = {
  /** As it is called. */
  readonly name: string;
  /** What makes it tell its version. Default: `--version`. */
  readonly question?: string;
};

/** Where a tool is; its version where it says one. */
export type FoundVersion = { readonly path: string; readonly version: string | undefined };

type VersionFacts = { readonly version: string };

/** Milliseconds that a tool has for its answer. */
const TIMEOUT = 10_000;

/**
 * Looks for tools in PATH and asks them, side by side, for their versions. One that the cache knows is not started.
 *
 * @returns one a tool, in their order; undefined for one that is not there
 */
export async function askVersions(
  tools: readonly AnyVersionTool[],
  around: {
    /** The program's cache folder. */
    readonly cacheDir: string;
    readonly searchPath: string;
    readonly cwd: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly (FoundVersion | undefined)[]> {
  const { cacheDir, searchPath, cwd, signal } = around;
  const cache = await openProbeCache(cacheDir);
  const found = await Promise.all(
    tools.map(async (tool): Promise<FoundVersion | undefined> => {
      const path = await findExecutable(tool.name, searchPath, cwd);
      if (path === undefined) return undefined;
      const chosen = await chooseTool(kindOf(tool), [{ path }], { cache, timeout: TIMEOUT, signal });
      return { path, version: chosen.state === "missing" ? undefined : chosen.facts.version };
    }),
  );
  await cache.save();
  return found;
}

function kindOf({ name, question = "--version" }: AnyVersionTool): ToolKind<VersionFacts> {
  return {
    tool: name,
    probe: async (ask) => {
      const answer = await ask(question);
      if ("why" in answer) return answer.why;
      const version = /\d+(?:\.\d+)+/.exec(answer.text)?.[0];
      return version === undefined ? "does not say a version" : { version };
    },
    isFacts: (value): value is VersionFacts => isRecord(value) && typeof value["version"] === "string",
    shortcoming: () => undefined,
    compare: () => 0,
  };
}
