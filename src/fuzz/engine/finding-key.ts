import type { Finding } from "#verify/verdict.ts";

/** What makes two findings the same defect, in words: the kind and the source line, or what stands in for it. */
export function findingKey(finding: Finding): string {
  const { source } = finding;
  if (source !== undefined) return `${kindOf(finding)} at ${source.file.replace(/^.*\//, "")}:${source.line}`;
  return finding.kind === "fault"
    ? `${kindOf(finding)} at instruction ${finding.fault.instruction}`
    : kindOf(finding);
}

function kindOf(finding: Finding): string {
  if (finding.kind === "fault") return `fault ${finding.fault.reason}`;
  if (finding.kind === "difference") return `difference in ${finding.difference.field}`;
  return finding.kind;
}

/** The key as a name for files. */
export function fileNameOf(key: string): string {
  return key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
