import type { Failure } from "#core/failure.ts";
import { type BpftoolFacts, describeBpftool, LIBBPF_NEEDED } from "#toolchain/tools/bpftool.ts";
import { CLANG_NEEDED, type ClangFacts } from "#toolchain/tools/clang.ts";
import { OPENSSL_NEEDED, type OpensslFacts } from "#toolchain/tools/openssl.ts";
import { PYTHON_NEEDED, type PythonFacts } from "#toolchain/tools/python.ts";
import type { Choice } from "./choose.ts";
import type { HeadersChoice } from "./libbpf-headers.ts";
import type { RequiredTool, ToolReport } from "./toolchain.ts";

/** Turns what a search found into the plain data that users see. */

type RequiredReport = ToolReport & { readonly name: RequiredTool };

export function reportClang(choice: Choice<ClangFacts>): RequiredReport {
  const needed = `clang ${CLANG_NEEDED} or newer with the bpf target`;
  return { name: "clang", optional: false, needed, ...outcome(choice, (facts) => facts.version) };
}

export function reportBpftool(choice: Choice<BpftoolFacts>): RequiredReport {
  const needed = `bpftool with libbpf ${LIBBPF_NEEDED} or newer`;
  const libbpf = choice.state === "missing" ? undefined : choice.facts.libbpf;
  const more = libbpf === undefined ? {} : { libbpf };
  return { name: "bpftool", optional: false, needed, ...outcome(choice, describeBpftool), ...more };
}

export function reportPython(choice: Choice<PythonFacts>): ToolReport {
  const needed = `Python ${PYTHON_NEEDED} or newer, only for a kernel tree's scripts/bpf_doc.py`;
  return { name: "python3", optional: true, needed, ...outcome(choice, (facts) => facts.version) };
}

export function reportOpenssl(choice: Choice<OpensslFacts>): ToolReport {
  const needed = `OpenSSL ${OPENSSL_NEEDED} or newer, only for sign and verify-signature`;
  return { name: "openssl", optional: true, needed, ...outcome(choice, (facts) => facts.version) };
}

export function reportHeaders(choice: HeadersChoice): RequiredReport {
  const { state, tried } = choice;
  const report = {
    name: "libbpf",
    state,
    optional: false,
    needed: "libbpf's headers (bpf/bpf_helpers.h)",
    tried,
  } as const;
  if (choice.state === "missing") return { ...report, detail: "not found" };
  const { includeDir, version, helperDefs } = choice.headers;
  const detail = `headers${version === undefined ? "" : ` ${version}`}`;
  return {
    ...report,
    path: includeDir,
    ...(version === undefined ? {} : { version }),
    detail: helperDefs ? detail : `${detail}, bpf_helper_defs.h to be made by scripts/bpf_doc.py`,
  };
}

type Outcome = Pick<ToolReport, "state" | "path" | "version" | "detail" | "tried">;

function outcome<Facts extends { readonly version: string }>(
  choice: Choice<Facts>,
  describe: (facts: Facts) => string,
): Outcome {
  const { state, tried } = choice;
  if (choice.state === "missing") {
    return { state, detail: choice.problem ?? "not found", tried };
  }
  const { path, facts } = choice;
  return { state, path, version: facts.version, detail: describe(facts), tried };
}

/** @returns undefined for a tool that was found or that is optional */
export function failureOf(report: ToolReport, remedy: string | undefined): Failure | undefined {
  const { name, state, path, detail, needed, tried, optional } = report;
  if (state === "found" || optional) return undefined;
  const mend = remedy === undefined ? {} : { remedy };
  const tool = name === "libbpf" ? "libbpf's headers" : name;
  return state === "too-old" && path !== undefined
    ? { reason: "tool-too-old", tool, path, version: detail, needed, ...mend }
    : { reason: "tool-missing", tool, tried, ...mend };
}
