import { join } from "node:path";
import { isRecord } from "#core/is-record.ts";
import { ok, type Result } from "#core/result.ts";
import type { Ask, ToolKind } from "#toolchain/choose.ts";
import { runTool } from "#toolchain/process.ts";
import { compareVersions, isAtLeast, leadingVersion } from "#toolchain/version.ts";

/**
 * The libbpf inside bpftool writes the light skeletons. Before 1.2 it leaves `opts_data` out for programs
 * that call kfuncs; every parser does.
 */
export const LIBBPF_NEEDED = "1.2";

export type BpftoolFacts = {
  /** bpftool's own version: `7.5.0`. */
  readonly version: string;
  /** Its libbpf's: `1.5`. Undefined where it does not say: that was before libbpf 1.0. */
  readonly libbpf?: string;
  /** The optional parts that it was built with: `libbfd`, `llvm`, `skeletons`. */
  readonly features: readonly string[];
};

/**
 * The names or paths to look for, in order: the one that the user named and no other; else the copies that
 * scripts/setup unpacked, PATH's, those of system folders that a user's PATH may lack, and Ubuntu's per-kernel
 * folders from the newest on.
 *
 * @param from.kernels the names in the folder `from.linuxTools`
 */
export function bpftoolNames(from: {
  readonly named: string | undefined;
  readonly toolsDirs: readonly string[];
  readonly systemBin: readonly string[];
  readonly linuxTools: string;
  readonly kernels: readonly string[];
}): readonly string[] {
  if (from.named !== undefined) return [from.named];
  const newestFirst = [...from.kernels].sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return [
    ...from.toolsDirs.map((folder) => join(folder, "bpftool/usr/sbin/bpftool")),
    "bpftool",
    ...from.systemBin.map((folder) => join(folder, "bpftool")),
    ...newestFirst.map((kernel) => join(from.linuxTools, kernel, "bpftool")),
  ];
}

/** Reads `bpftool -j version`. */
export function parseBpftoolJson(text: string): BpftoolFacts | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(answer) || typeof answer["version"] !== "string") return undefined;
  const version = leadingVersion(answer["version"]);
  if (version === undefined) return undefined;
  const libbpf =
    typeof answer["libbpf_version"] === "string" ? leadingVersion(answer["libbpf_version"]) : undefined;
  const features = isRecord(answer["features"]) ? answer["features"] : {};
  const names = Object.keys(features).filter((name) => features[name] === true);
  return facts(version, libbpf, names);
}

/** Reads `bpftool version`, whose first line may begin with the path that it was called by. */
export function parseBpftoolText(text: string): BpftoolFacts | undefined {
  const version = /\bbpftool v(\d+(?:\.\d+)*)/.exec(text)?.[1];
  if (version === undefined) return undefined;
  const libbpf = /^using libbpf v(\d+(?:\.\d+)*)/m.exec(text)?.[1];
  const features = /^features:(.*)$/m.exec(text)?.[1] ?? "";
  return facts(
    version,
    libbpf,
    features
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );
}

const facts = (version: string, libbpf: string | undefined, features: readonly string[]): BpftoolFacts =>
  libbpf === undefined ? { version, features } : { version, libbpf, features };

/** `7.1.0 (libbpf 1.1)`: the two numbers that one needs to know. */
export function describeBpftool({ version, libbpf }: BpftoolFacts): string {
  return `${version} (libbpf ${libbpf ?? "older than 1.0"})`;
}

export const bpftoolKind: ToolKind<BpftoolFacts> = {
  tool: "bpftool",
  probe: probeBpftool,
  isFacts: (value): value is BpftoolFacts =>
    isRecord(value) &&
    typeof value["version"] === "string" &&
    (value["libbpf"] === undefined || typeof value["libbpf"] === "string") &&
    Array.isArray(value["features"]) &&
    value["features"].every((feature) => typeof feature === "string"),
  shortcoming: (found) =>
    found.libbpf !== undefined && isAtLeast(found.libbpf, LIBBPF_NEEDED)
      ? undefined
      : { tooOld: true, why: `version ${describeBpftool(found)}` },
  compare: (left, right) =>
    compareVersions(left.libbpf ?? "0", right.libbpf ?? "0") || compareVersions(left.version, right.version),
};

async function probeBpftool(ask: Ask): Promise<BpftoolFacts | string> {
  const json = await ask("-j", "version");
  const fromJson = "text" in json ? parseBpftoolJson(json.text) : undefined;
  if (fromJson !== undefined) return fromJson;
  const plain = await ask("version");
  if ("why" in plain) return plain.why;
  return parseBpftoolText(plain.text) ?? "does not say a bpftool version";
}

/** Whether bpftool's own help offers to sign light skeletons. Errors: those of running it. */
export async function signsSkeletons(bpftool: string, signal: AbortSignal): Promise<Result<boolean>> {
  const help = await runTool({ tool: "bpftool", file: bpftool, args: ["gen", "help"], signal });
  if (!help.ok) return help;
  return ok(/--sign\b/.test(`${Buffer.from(help.value.stdout)}${help.value.stderr}`));
}
