import { err, ok, type Result } from "#core/result.ts";
import { bpftoolKind, bpftoolNames } from "#toolchain/tools/bpftool.ts";
import { clangKind, clangNames } from "#toolchain/tools/clang.ts";
import { type OpensslFacts, opensslKind } from "#toolchain/tools/openssl.ts";
import { pythonKind } from "#toolchain/tools/python.ts";
import { type Candidate, type Chosen, chooseTool, type ProbeContext, type ToolKind } from "./choose.ts";
import { findHeaders, headersCandidates } from "./libbpf-headers.ts";
import { readOsRelease } from "./os-release.ts";
import { openProbeCache } from "./probe-cache.ts";
import { cancelled } from "./process.ts";
import { remedyFor } from "./remedy.ts";
import { findExecutable, listFolder } from "./search-path.ts";
import { type DiscoveryOptions, resolveSettings, type Settings } from "./settings.ts";
import {
  failureOf,
  reportBpftool,
  reportClang,
  reportHeaders,
  reportOpenssl,
  reportPython,
} from "./tool-report.ts";
import type { Tool, Toolchain, ToolReport } from "./toolchain.ts";

export type Discovery = {
  readonly tools: readonly ToolReport[];
  /** Present where every required tool was found. */
  readonly toolchain?: Toolchain;
  /** The one command that mends everything required, where the distribution is known. */
  readonly remedy?: string;
};

/**
 * Looks for every tool, the optional ones too. Never fails: what is missing is part of the answer. Binaries are
 * started only when the cache does not know them.
 */
export async function discover(options: DiscoveryOptions = {}): Promise<Discovery> {
  return search(resolveSettings(options), true);
}

/**
 * The tools that a build needs.
 *
 * @returns `tool-missing` or `tool-too-old` for the first that is not there, its remedy mending all of them;
 *   `cancelled` where the options' signal was aborted
 */
export async function requireToolchain(options: DiscoveryOptions = {}): Promise<Result<Toolchain>> {
  const { toolchain, tools, remedy } = await search(resolveSettings(options), false);
  if (toolchain !== undefined) return ok(toolchain);
  if (options.signal?.aborted) return err(cancelled(options.signal));
  for (const tool of tools) {
    const failure = failureOf(tool, remedy);
    if (failure !== undefined) return err(failure);
  }
  throw new Error("bug: no toolchain, and no tool that is missing");
}

/**
 * What signing and verifying need.
 *
 * @returns `tool-missing` or `tool-too-old` with the command that mends it; `cancelled` as above
 */
export async function requireOpenssl(options: DiscoveryOptions = {}): Promise<Result<Tool<OpensslFacts>>> {
  const settings = resolveSettings(options);
  const { osRelease, root } = settings.places;
  const cache = openProbeCache(settings.cacheDir);
  const choice = await chooseTool(opensslKind, [locate("openssl", settings)], probing(settings, cache));
  await cache.save();
  if (choice.state === "found") return ok(asTool(choice));
  if (options.signal?.aborted) return err(cancelled(options.signal));
  const { setupScript } = settings;
  const remedy = remedyFor(readOsRelease(osRelease), ["openssl"], { root, setupScript });
  const failure = failureOf({ ...reportOpenssl(choice), optional: false }, remedy);
  if (failure === undefined) throw new Error("bug: openssl is neither found nor missing");
  return err(failure);
}

async function search(settings: Settings, withOptional: boolean): Promise<Discovery> {
  const cache = openProbeCache(settings.cacheDir);
  const context = probing(settings, cache);
  const choose = async <Facts>(kind: ToolKind<Facts>, names: readonly string[]) =>
    chooseTool(
      kind,
      names.map((name) => locate(name, settings)),
      context,
    );
  const { toolsDirs } = settings;
  const { linuxTools, systemBin, include, osRelease, root } = settings.places;

  const [clang, bpftool, headers, openssl, python] = await Promise.all([
    choose(clangKind, clangNames(settings.clang, settings.llvm)),
    choose(
      bpftoolKind,
      bpftoolNames({
        named: settings.bpftool,
        toolsDirs,
        systemBin,
        linuxTools,
        kernels: listFolder(linuxTools),
      }),
    ),
    findHeaders(headersCandidates(settings.libbpfHeaders, settings.kernelTree, include)),
    withOptional ? choose(opensslKind, ["openssl"]) : undefined,
    withOptional ? choose(pythonKind, ["python3"]) : undefined,
  ]);
  await cache.save();

  const required = [reportClang(clang), reportBpftool(bpftool), reportHeaders(headers)];
  const missing = required.filter(({ state }) => state !== "found").map(({ name }) => name);
  const { setupScript } = settings;
  const remedy =
    missing.length === 0 ? undefined : remedyFor(readOsRelease(osRelease), missing, { root, setupScript });
  return {
    tools: [
      ...required,
      ...(openssl === undefined ? [] : [reportOpenssl(openssl)]),
      ...(python === undefined ? [] : [reportPython(python)]),
    ],
    ...(clang.state === "found" && bpftool.state === "found" && headers.state === "found"
      ? { toolchain: { clang: asTool(clang), bpftool: asTool(bpftool), headers: headers.headers } }
      : {}),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function probing({ probeTimeout, signal }: Settings, cache: ProbeContext["cache"]): ProbeContext {
  return { cache, timeout: probeTimeout, signal };
}

function asTool<Facts>({ path, identity, facts }: Chosen<Facts>): Tool<Facts> {
  return { ...facts, path, identity };
}

function locate(name: string, { searchPath, cwd }: Settings): Candidate {
  const path = findExecutable(name, searchPath, cwd);
  return path === undefined ? { absent: name } : { path };
}
