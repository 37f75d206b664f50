import { isRecord } from "#core/is-record.ts";
import type { Ask, ToolKind } from "#toolchain/choose.ts";
import { compareVersions, isAtLeast, leadingVersion } from "#toolchain/version.ts";

/** The oldest clang that this program's output is tested with: Debian 12's. */
export const CLANG_NEEDED = "14";

/** Versioned names that distributions install, newest first. */
const VERSIONED = [21, 20, 19, 18, 17, 16, 15, 14] as const;

export type ClangFacts = {
  /** As `clang --version` has it: `19.1.7`. */
  readonly version: string;
  /** Whether it compiles for BPF; a clang can be built without. */
  readonly bpfTarget: boolean;
};

/**
 * The names or paths to look for, in order. `llvm` is read as the kernel's Makefile reads `LLVM=`: a trailing
 * slash makes it a prefix, a leading dash a suffix, anything else stands for the plain names.
 * Source: Documentation/kbuild/llvm.rst.
 */
export function clangNames(clang: string | undefined, llvm: string | undefined): readonly string[] {
  if (clang !== undefined) return [clang];
  if (llvm === undefined) return ["clang", ...VERSIONED.map((version) => `clang-${version}`)];
  if (llvm.endsWith("/")) return [`${llvm}clang`];
  if (llvm.startsWith("-")) return [`clang${llvm}`];
  return ["clang"];
}

/** Vendors put their name in front (`Debian clang version 14.0.6`) and their revision behind. */
export function parseClangVersion(text: string): string | undefined {
  const rest = /\bclang version (\S+)/.exec(text)?.[1];
  return rest === undefined ? undefined : leadingVersion(rest);
}

/** Reads `clang --print-targets`: one indented line a target, its name before a dash. */
export function hasBpfTarget(text: string): boolean {
  return /^\s+bpf\s+-/m.test(text);
}

export const clangKind: ToolKind<ClangFacts> = {
  tool: "clang",
  probe: probeClang,
  isFacts: (value): value is ClangFacts =>
    isRecord(value) && typeof value["version"] === "string" && typeof value["bpfTarget"] === "boolean",
  shortcoming: ({ version, bpfTarget }) => {
    if (!isAtLeast(version, CLANG_NEEDED)) return { tooOld: true, why: `version ${version}` };
    if (!bpfTarget) return { tooOld: false, why: `version ${version} without the bpf target` };
    return undefined;
  },
  compare: (left, right) => compareVersions(left.version, right.version),
};

async function probeClang(ask: Ask): Promise<ClangFacts | string> {
  const answer = await ask("--version");
  if ("why" in answer) return answer.why;
  const version = parseClangVersion(answer.text);
  if (version === undefined) return "does not say a clang version";
  const targets = await ask("--print-targets");
  // Before clang 11 there was no such option, and that is too old by its version alone.
  return { version, bpfTarget: "text" in targets && hasBpfTarget(targets.text) };
}
