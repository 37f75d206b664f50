import { isRecord } from "#core/is-record.ts";
import type { ToolKind } from "#toolchain/choose.ts";
import { compareVersions, isAtLeast, leadingVersion } from "#toolchain/version.ts";

/** Any Python 3 that is still about runs the kernel's scripts/bpf_doc.py; older ones were not tried. */
export const PYTHON_NEEDED = "3.6";

export type PythonFacts = { readonly version: string };

/** Reads `python3 --version`. */
export function parsePythonVersion(text: string): string | undefined {
  const rest = /^Python (\S+)/.exec(text)?.[1];
  return rest === undefined ? undefined : leadingVersion(rest);
}

export const pythonKind: ToolKind<PythonFacts> = {
  tool: "python3",
  probe: async (ask) => {
    const answer = await ask("--version");
    if ("why" in answer) return answer.why;
    const version = parsePythonVersion(answer.text);
    return version === undefined ? "does not say a Python version" : { version };
  },
  isFacts: (value): value is PythonFacts => isRecord(value) && typeof value["version"] === "string",
  shortcoming: ({ version }) =>
    isAtLeast(version, PYTHON_NEEDED) ? undefined : { tooOld: true, why: `version ${version}` },
  compare: (left, right) => compareVersions(left.version, right.version),
};
